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
final class ColumnCombination: Combination, @unchecked Sendable {
  // The coefficients are written once, here, and only read afterwards.
  private let columns: Int
  private let coefficients: [UnsafePointer<Float>]

  /// Takes coefficients by input, then by column.
  init(columns: Int, coefficients: [[Float]]) {
    self.columns = columns
    self.coefficients = coefficients.map { values in
      let memory = UnsafeMutablePointer<Float>.allocate(capacity: max(1, values.count))
      memory.initialize(from: values, count: values.count)
      return UnsafePointer(memory)
    }
  }

  deinit { for values in coefficients { values.deallocate() } }

  func combine(_ block: InputBlock, into output: UnsafeMutableBufferPointer<Float>) {
    let inputs = block.inputs.count
    withUnsafeTemporaryAllocation(of: UnsafePointer<Float>.self, capacity: 2 * inputs) { pointers in
      block.forEachRowPiece(rowLength: columns) { _, offset, count in
        let column = (block.start + offset) % columns
        for input in 0..<inputs {
          pointers.initializeElement(at: input, to: block.inputs[input] + offset)
          pointers.initializeElement(at: inputs + input, to: coefficients[input] + column)
        }
        VectorKernels.best.combine(
          UnsafeBufferPointer(rebasing: pointers[0..<inputs]),
          coefficients: UnsafeBufferPointer(rebasing: pointers[inputs..<2 * inputs]),
          into: UnsafeMutableBufferPointer(rebasing: output[offset..<offset + count]))
      }
    }
  }
}
