internal import CKernels

/// The sum of e^x over some elements, as e^reference·sum, so that nothing overflows.
public struct ExponentialSum: Sendable, Hashable {
  /// The largest element, or zero where elements are small enough for that.
  public var reference: Float
  /// The sum of e^(x − reference).
  public var sum: Double

  /// The sum over nothing.
  public init() { (reference, sum) = (-.infinity, 0) }

  /// The sum relative to a reference.
  public init(reference: Float, sum: Double) {
    self.reference = reference
    self.sum = sum
  }
}

/// What turns a row and its base's into the distributions that softmax makes of them.
public struct SoftmaxPair: Sendable, Hashable {
  /// The reference of the base row's sum.
  public var baseReference: Float
  /// One over the base row's sum of e^(x − reference).
  public var baseFactor: Float
  /// The reference of the row's sum.
  public var reference: Float
  /// One over the row's sum.
  public var factor: Float
  /// The logarithm of the ratio of both whole sums.
  public var offset: Float

  /// The pair.
  public init(baseReference: Float, baseFactor: Float, reference: Float, factor: Float, offset: Float) {
    self.baseReference = baseReference
    self.baseFactor = baseFactor
    self.reference = reference
    self.factor = factor
    self.offset = offset
  }
}

extension VectorKernels {
  /// The sum of e^x over a piece of a row, the terms in float32.
  public func exponentialSum(_ x: UnsafeRawPointer, bfloat16: Bool = false, count: Int) -> ExponentialSum {
    guard count > 0 else { return ExponentialSum() }
    var sum = ExponentialSum()
    table.pointee.exponential_sum(x, bfloat16 ? 1 : 0, count, &sum.reference, &sum.sum)
    return sum
  }

  /// What a piece of a row adds to Σ p·ln(p/q), p = softmax(x) + 1e-8 and q = softmax(base) + 1e-8.
  public func divergence(
    _ x: UnsafeRawPointer, from base: UnsafeRawPointer, bfloat16: Bool = false, _ softmax: SoftmaxPair, count: Int
  ) -> Double {
    var plain = braid_softmax(
      base_reference: softmax.baseReference, base_factor: softmax.baseFactor, reference: softmax.reference,
      factor: softmax.factor, offset: softmax.offset)
    return table.pointee.divergence(base, x, &plain, bfloat16 ? 1 : 0, count)
  }

  /// Computes |x − base|·factor over a block, in float32.
  public func scaledDistance(
    _ x: UnsafeRawPointer, from base: UnsafeRawPointer, bfloat16: Bool = false, by factor: Float, count: Int,
    into output: UnsafeMutablePointer<Float>
  ) {
    table.pointee.scaled_distance(base, x, factor, bfloat16 ? 1 : 0, output, count)
  }
}
