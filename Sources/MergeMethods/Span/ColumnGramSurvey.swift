internal import Kernels
internal import Tensors

/// Adds up inner products column by column: along the first axis of a matrix, for each place of the others.
final class ColumnGramSurvey: Survey, @unchecked Sendable {
  // Each band has its own place in `bands`, filled by the one worker that has it, under the lock of `merge` at last.

  /// The sums of the bands that one worker has seen.
  private final class Local {
    var bands: [Int: [Double]] = [:]
  }

  private let inputCount: Int
  private let columns: Int
  private let pairs: [(Int, Int)]
  private var bands: [Int: [Double]] = [:]

  init(task: MergeTask) {
    let count = task.inputCount
    inputCount = count
    columns = task.columnCount
    pairs = (0..<count).flatMap { i in (i..<count).map { (i, $0) } }
  }

  func makeLocal() -> AnyObject { Local() }

  func observe(_ block: InputBlock, into local: AnyObject) {
    guard let local = local as? Local else { return }
    let empty = Array(repeating: 0.0, count: columns * pairs.count)
    local.bands[block.start / Streaming.bandElements, default: empty].withUnsafeMutableBufferPointer { sums in
      block.forEachRowPiece(rowLength: columns) { _, offset, count in
        let column = (block.start + offset) % columns
        for (index, pair) in pairs.enumerated() {
          let place = index * columns + column
          VectorKernels.best.accumulateProducts(
            block.inputs[pair.0] + offset, block.inputs[pair.1] + offset,
            into: UnsafeMutableBufferPointer(rebasing: sums[place..<place + count]))
        }
      }
    }
  }

  func merge(_ local: AnyObject) {
    guard let local = local as? Local else { return }
    bands.merge(local.bands) { first, _ in first }
  }

  /// The matrix of each column, bands added in order.
  var matrices: [GramMatrix] {
    var sums = Array(repeating: 0.0, count: columns * pairs.count)
    for band in bands.keys.sorted() {
      guard let part = bands[band] else { continue }
      for place in sums.indices { sums[place] += part[place] }
    }
    return (0..<columns).map { column in
      var matrix = GramMatrix(size: inputCount)
      for (index, pair) in pairs.enumerated() { matrix[pair.0, pair.1] = sums[index * columns + column] }
      return matrix
    }
  }
}

extension MergeTask {
  /// How many columns a tensor has along its first axis; a vector is one column.
  var columnCount: Int { shape.dimensions.dropFirst().reduce(1, *) }
}

/// Σ cᵢ·xᵢ with coefficients of their own for each column.
struct ColumnCombination: Combination {
  let columns: Int
  /// Coefficients by input, then by column.
  let coefficients: [[Float]]

  func combine(_ block: InputBlock, into output: UnsafeMutableBufferPointer<Float>) {
    let inputs = block.inputs.count
    withUnsafeTemporaryAllocation(of: UnsafePointer<Float>.self, capacity: 2 * inputs) { pointers in
      block.forEachRowPiece(rowLength: columns) { _, offset, count in
        let column = (block.start + offset) % columns
        for input in 0..<inputs {
          coefficients[input].withUnsafeBufferPointer { factors in
            // The arrays live in `self`, which outlives the call.
            guard let base = factors.baseAddress else { return }
            pointers.initializeElement(at: inputs + input, to: base + column)
          }
          pointers.initializeElement(at: input, to: block.inputs[input] + offset)
        }
        VectorKernels.best.combine(
          UnsafeBufferPointer(rebasing: pointers[0..<inputs]),
          coefficients: UnsafeBufferPointer(rebasing: pointers[inputs..<2 * inputs]),
          into: UnsafeMutableBufferPointer(rebasing: output[offset..<offset + count]))
      }
    }
  }
}
