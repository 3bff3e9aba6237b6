internal import CKernels

/// What storing elements in a narrower type has cost at worst.
public struct RoundingCost: Hashable, Sendable {
  /// The largest difference between a finite element and the finite one that was stored for it.
  public var largest = 0.0
  /// How many finite elements were stored as what is not finite.
  public var overflows = 0

  /// Nothing lost.
  public init() {}

  /// Takes in what other elements have cost.
  public mutating func add(_ other: RoundingCost) {
    largest = max(largest, other.largest)
    overflows += other.overflows
  }
}

extension VectorKernels {
  /// Compares a block of elements with what was stored for them.
  public func roundingCost(
    of exact: UnsafePointer<Float>, storedAs stored: UnsafePointer<Float>, count: Int
  ) -> RoundingCost {
    var cost = RoundingCost()
    cost.overflows = table.pointee.rounding_errors(exact, stored, count, &cost.largest)
    return cost
  }

  /// Compares a block of float64 elements with what was stored for them.
  public func roundingCost(
    of exact: UnsafePointer<Double>, storedAs stored: UnsafePointer<Float>, count: Int
  ) -> RoundingCost {
    var cost = RoundingCost()
    cost.overflows = table.pointee.rounding_errors_float64(exact, stored, count, &cost.largest)
    return cost
  }

  /// Converts float64 elements to float32 so that a second rounding, to a type of at most 21 significant bits, gives
  /// what a single one would: to odd.
  public func toOddFloat32(
    from source: UnsafePointer<Double>, count: Int, into destination: UnsafeMutablePointer<Float>
  ) {
    table.pointee.odd_float32_from_float64(source, destination, count)
  }
}
