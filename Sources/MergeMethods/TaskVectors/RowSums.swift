internal import Kernels
internal import Tensors

/// Some elements of a row of a model and of its base, one behind the other.
struct RowPiece {
  var base: UnsafeRawPointer
  var other: UnsafeRawPointer
  var isBFloat16: Bool
  var count: Int
}

/// The sums of e^x over a row of a model and of its base, or over a part of it.
struct RowSums {
  private var base = ExponentialSum()
  private var other = ExponentialSum()
  /// The difference of both sums, added up from those of the elements; nil where they are not relative to zero.
  private var rise: Double? = 0

  /// The sums over nothing.
  init() {}

  /// The sums over a piece of a row, which leave what its divergence needs.
  init(of piece: RowPiece, leaving left: RowExponentials, at offset: Int) {
    let kernels = VectorKernels.best
    if let pair = kernels.exponentialPair(
      piece.other, from: piece.base, bfloat16: piece.isBFloat16, count: piece.count, into: left, at: offset)
    {
      base = ExponentialSum(reference: 0, sum: pair.base)
      other = ExponentialSum(reference: 0, sum: pair.base + pair.rise)
      rise = pair.rise
    } else {
      base = kernels.exponentialSum(piece.base, bfloat16: piece.isBFloat16, count: piece.count)
      other = kernels.exponentialSum(piece.other, bfloat16: piece.isBFloat16, count: piece.count)
      rise = nil
    }
  }

  /// Adds the sums over what follows.
  mutating func add(_ next: RowSums) {
    base = Self.sum(base, next.base)
    other = Self.sum(other, next.other)
    if let first = rise, let second = next.rise { rise = first + second } else { rise = nil }
  }

  /// What turns the row and its base's into distributions.
  var softmax: SoftmaxPair {
    let offset = Double(other.reference) - Double(base.reference) + Elementary.log(other.sum / base.sum)
    return SoftmaxPair(
      baseReference: base.reference, baseFactor: Float(1 / base.sum), reference: other.reference,
      factor: Float(1 / other.sum), offset: Float(offset), rise: rise.map { Float($0 / base.sum) } ?? .infinity)
  }

  private static func sum(_ first: ExponentialSum, _ second: ExponentialSum) -> ExponentialSum {
    if second.sum == 0 { return first }
    if first.sum == 0 { return second }
    if first.reference == second.reference {
      return ExponentialSum(reference: first.reference, sum: first.sum + second.sum)
    }
    let reference = max(first.reference, second.reference)
    return ExponentialSum(
      reference: reference,
      sum: first.sum * Elementary.exp(Double(first.reference - reference))
        + second.sum * Elementary.exp(Double(second.reference - reference)))
  }
}
