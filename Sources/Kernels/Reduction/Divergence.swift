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
  /// The ratio of both whole sums less one, where both references are zero; else infinite.
  public var rise: Float

  /// The pair.
  public init(
    baseReference: Float, baseFactor: Float, reference: Float, factor: Float, offset: Float, rise: Float = .infinity
  ) {
    self.baseReference = baseReference
    self.baseFactor = baseFactor
    self.reference = reference
    self.factor = factor
    self.offset = offset
    self.rise = rise
  }
}

/// The sums of e^base and of e^x − e^base over some elements.
public struct PairSum: Sendable, Hashable {
  /// The sum of e^base.
  public var base: Double
  /// By how much the sum of e^x is larger.
  public var rise: Double

  /// The sums.
  public init(base: Double, rise: Double) {
    self.base = base
    self.rise = rise
  }
}

/// What forming the sums of a row leaves of each of its elements, so that its divergence takes no exponentials again.
///
/// Unchecked: one worker owns it at a time.
public final class RowExponentials: @unchecked Sendable {
  private let room: UnsafeMutableBufferPointer<Float>
  private let capacity: Int

  /// Room for a number of elements.
  ///
  /// - Parameter capacity: for pieces of a row one behind the other, each rounded up to whole groups.
  public init(capacity: Int) {
    self.capacity = Self.rounded(capacity)
    room = .allocate(capacity: 2 * self.capacity)
    room.initialize(repeating: 0)
  }

  deinit { room.deallocate() }

  /// How much room a number of elements takes.
  public static func rounded(_ count: Int) -> Int { (count + 15) / 16 * 16 }

  fileprivate func place(_ offset: Int, _ count: Int) -> (
    exponentials: UnsafeMutablePointer<Float>, growths: UnsafeMutablePointer<Float>
  )? {
    guard let first = room.baseAddress, offset >= 0, offset + Self.rounded(count) <= capacity else { return nil }
    return (first + offset, first + capacity + offset)
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

  /// The sums of e^x over a piece of a row and of its base, relative to zero; nil if they may have overflowed.
  ///
  /// - Parameters:
  ///   - left: where to leave what ``divergence(_:from:bfloat16:_:count:using:at:)`` can use.
  ///   - offset: the place in there.
  public func exponentialPair(
    _ x: UnsafeRawPointer, from base: UnsafeRawPointer, bfloat16: Bool = false, count: Int, into left: RowExponentials,
    at offset: Int = 0
  ) -> PairSum? {
    guard let place = left.place(offset, count) else { return nil }
    var sum = PairSum(base: 0, rise: 0)
    let isWithinBounds = table.pointee.exponential_pair(
      base, x, bfloat16 ? 1 : 0, count, place.exponentials, place.growths, &sum.base, &sum.rise)
    return isWithinBounds != 0 ? sum : nil
  }

  /// What a piece of a row adds to Σ p·ln(p/q), p = softmax(x) + 1e-8 and q = softmax(base) + 1e-8.
  ///
  /// - Parameters:
  ///   - left: what forming the sums of the same piece has left at the place `offset`; only where they did not overflow.
  public func divergence(
    _ x: UnsafeRawPointer, from base: UnsafeRawPointer, bfloat16: Bool = false, _ softmax: SoftmaxPair, count: Int,
    using left: RowExponentials? = nil, at offset: Int = 0
  ) -> Double {
    var plain = braid_softmax(
      base_reference: softmax.baseReference, base_factor: softmax.baseFactor, reference: softmax.reference,
      factor: softmax.factor, offset: softmax.offset, rise: softmax.rise)
    let place = left?.place(offset, count)
    return table.pointee.divergence(
      base, x, place?.exponentials, place?.growths, &plain, bfloat16 ? 1 : 0, count)
  }

  /// Computes |x − base|·factor over a block, in float32.
  public func scaledDistance(
    _ x: UnsafeRawPointer, from base: UnsafeRawPointer, bfloat16: Bool = false, by factor: Float, count: Int,
    into output: UnsafeMutablePointer<Float>
  ) {
    table.pointee.scaled_distance(base, x, factor, bfloat16 ? 1 : 0, output, count)
  }
}
