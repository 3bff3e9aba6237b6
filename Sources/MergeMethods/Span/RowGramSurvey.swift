internal import Kernels
internal import Tensors

/// Adds up inner products row by row; a row is the last axis of a tensor, or the whole of a vector.
final class RowGramSurvey: Survey, @unchecked Sendable {
  // Each piece of a row that lies in one block has its own place in `partials`, so workers never write to the same one.
  private let inputCount: Int
  private let rowLength: Int
  private let rows: Int
  private let pieces: Int
  private let pairs: [(Int, Int)]
  private let partials: UnsafeMutableBufferPointer<Double>

  init(task: MergeTask) {
    let count = task.inputCount
    inputCount = count
    rowLength = max(1, task.shape.rowLength)
    rows = task.shape.elementCount / rowLength
    pieces = (rowLength + Streaming.blockElements - 1) / Streaming.blockElements + 1
    pairs = (0..<count).flatMap { i in (i..<count).map { (i, $0) } }
    partials = .allocate(capacity: rows * pieces * pairs.count)
    partials.initialize(repeating: 0)
  }

  deinit { partials.deallocate() }

  var takesBFloat16: Bool { true }

  func makeLocal() -> AnyObject { self }

  func observe(_ block: InputBlock, into local: AnyObject) {
    let blockNumber = block.start / Streaming.blockElements
    block.forEachRowPiece(rowLength: rowLength) { row, offset, count in
      let piece = blockNumber - row * rowLength / Streaming.blockElements
      let place = (row * pieces + piece) * pairs.count
      guard let target = partials.baseAddress else { return }
      block.withAddresses(at: offset) {
        VectorKernels.best.gram($0, bfloat16: block.isBFloat16, count: count, into: target + place)
      }
    }
  }

  func merge(_ local: AnyObject) {}

  /// The matrix of each row, in order.
  var matrices: [GramMatrix] {
    (0..<rows).map { row in
      var matrix = GramMatrix(size: inputCount)
      for (index, pair) in pairs.enumerated() {
        matrix[pair.0, pair.1] = (0..<pieces).reduce(0) { $0 + partials[(row * pieces + $1) * pairs.count + index] }
      }
      return matrix
    }
  }
}

/// Σ cᵢ·xᵢ with coefficients of their own for each row.
struct RowCombination: Combination {
  let rowLength: Int
  /// Coefficients by row.
  let coefficients: [[Float]]

  var takesBFloat16: Bool { true }

  func combine(_ block: InputBlock, into output: UnsafeMutableBufferPointer<Float>) {
    block.forEachRowPiece(rowLength: rowLength) { row, offset, count in
      block.withAddresses(at: offset) {
        VectorKernels.best.combine(
          $0, bfloat16: block.isBFloat16, coefficients: coefficients[row], into: output.piece(at: offset, count: count))
      }
    }
  }
}
