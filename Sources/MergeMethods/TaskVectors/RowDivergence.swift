internal import Kernels
internal import Tensors

/// A value for each piece of a row that lies in one block; a row is the last axis of a tensor, or the whole of a vector.
final class RowPieces<Value>: @unchecked Sendable {
  // Workers set the values of different blocks; nobody reads before the pass is over.
  let rowLength: Int
  let rows: Int
  private let pieces: Int
  private let values: UnsafeMutableBufferPointer<Value>

  init(task: MergeTask, repeating value: Value) {
    rowLength = max(1, task.shape.rowLength)
    rows = task.shape.elementCount / rowLength
    pieces = (rowLength + Streaming.blockElements - 1) / Streaming.blockElements + 1
    values = .allocate(capacity: rows * pieces)
    values.initialize(repeating: value)
  }

  deinit { values.deallocate() }

  func set(_ value: Value, row: Int, block: Int) {
    values[row * pieces + block - row * rowLength / Streaming.blockElements] = value
  }

  /// The values of a row's pieces, in order.
  func values(ofRow row: Int) -> UnsafeMutableBufferPointer<Value>.SubSequence {
    values[row * pieces..<(row + 1) * pieces]
  }
}

/// Adds up e^x over each row of a model and of its base.
final class RowExponentialSurvey: Survey, @unchecked Sendable {
  private let base: Int
  private let other: Int
  private let sums: RowPieces<(base: ExponentialSum, other: ExponentialSum)>

  init(task: MergeTask, base: Int, other: Int) {
    self.base = base
    self.other = other
    sums = RowPieces(task: task, repeating: (ExponentialSum(), ExponentialSum()))
  }

  var takesBFloat16: Bool { true }

  func makeLocal() -> AnyObject { self }

  func observe(_ block: InputBlock, into local: AnyObject) {
    block.forEachRowPiece(rowLength: sums.rowLength) { row, offset, count in
      func sum(_ input: Int) -> ExponentialSum {
        VectorKernels.best.exponentialSum(
          block.address(input, at: offset), bfloat16: block.isBFloat16, count: count)
      }
      sums.set((sum(base), sum(other)), row: row, block: block.start / Streaming.blockElements)
    }
  }

  func merge(_ local: AnyObject) {}

  /// What turns each row and its base's into distributions.
  var softmax: [SoftmaxPair] {
    (0..<sums.rows).map { row in
      var (base, other) = (ExponentialSum(), ExponentialSum())
      for piece in sums.values(ofRow: row) {
        base = Self.sum(base, piece.base)
        other = Self.sum(other, piece.other)
      }
      let offset = Double(other.reference) - Double(base.reference) + Elementary.log(other.sum / base.sum)
      return SoftmaxPair(
        baseReference: base.reference, baseFactor: Float(1 / base.sum), reference: other.reference,
        factor: Float(1 / other.sum), offset: Float(offset))
    }
  }

  private static func sum(_ first: ExponentialSum, _ second: ExponentialSum) -> ExponentialSum {
    if second.sum == 0 { return first }
    if first.sum == 0 { return second }
    let reference = max(first.reference, second.reference)
    return ExponentialSum(
      reference: reference,
      sum: first.sum * Elementary.exp(Double(first.reference - reference))
        + second.sum * Elementary.exp(Double(second.reference - reference)))
  }
}

/// Adds up the divergence of each row of a model from its base's.
final class RowDivergenceSurvey: Survey, @unchecked Sendable {
  private let base: Int
  private let other: Int
  private let softmax: [SoftmaxPair]
  private let parts: RowPieces<Double>

  init(task: MergeTask, base: Int, other: Int, softmax: [SoftmaxPair]) {
    self.base = base
    self.other = other
    self.softmax = softmax
    parts = RowPieces(task: task, repeating: 0)
  }

  var takesBFloat16: Bool { true }

  func makeLocal() -> AnyObject { self }

  func observe(_ block: InputBlock, into local: AnyObject) {
    block.forEachRowPiece(rowLength: parts.rowLength) { row, offset, count in
      let part = VectorKernels.best.divergence(
        block.address(other, at: offset), from: block.address(base, at: offset), bfloat16: block.isBFloat16,
        softmax[row], count: count)
      parts.set(part, row: row, block: block.start / Streaming.blockElements)
    }
  }

  func merge(_ local: AnyObject) {}

  /// The divergence of each row; never below zero.
  var divergences: [Float] { (0..<parts.rows).map { Float(max(0, parts.values(ofRow: $0).reduce(0, +))) } }
}
