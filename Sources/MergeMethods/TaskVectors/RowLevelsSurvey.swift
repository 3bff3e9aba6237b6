internal import Kernels
internal import Tensors

/// For each row of each model's differences, magnitudes at evenly spaced ranks; a vector is one row.
///
/// Rows of up to 64 elements are known exactly; of longer ones 64 levels are kept, which tell an element's rank to
/// within 1/128 of the row. Only rows that cross the border of two bands are held for longer than a block.
final class RowLevelsSurvey: Survey, @unchecked Sendable {
  // Each row has its own places in `table`; they are written once, by the worker that completes the row, or by `merge`,
  // whose calls never overlap.

  /// How many levels a long row has.
  static let maximumLevels = 64

  /// Rows of which a worker has seen a part, with the magnitudes by model.
  private final class Local {
    var parts: [Int: [[Float]]] = [:]
  }

  let rowLength: Int
  private let base: Int
  private let models: [Int]
  private let levelCount: Int
  private let table: UnsafeMutableBufferPointer<Float>
  private var parts: [Int: [[Float]]] = [:]

  init(task: MergeTask, base: Int, models: [Int]) {
    self.base = base
    self.models = models
    rowLength = max(1, task.shape.rowLength)
    levelCount = min(rowLength, Self.maximumLevels)
    table = .allocate(capacity: task.shape.elementCount / rowLength * models.count * levelCount)
    table.initialize(repeating: 0)
  }

  deinit { table.deallocate() }

  func makeLocal() -> AnyObject { Local() }

  func observe(_ block: InputBlock, into local: AnyObject) {
    guard let local = local as? Local else { return }
    block.forEachRowPiece(rowLength: rowLength) { row, offset, count in
      let piece = models.map { model in
        (offset..<offset + count).map { abs(block.inputs[model][$0] - block.inputs[base][$0]) }
      }
      add(piece, to: row, in: &local.parts)
    }
  }

  func merge(_ local: AnyObject) {
    guard let local = local as? Local else { return }
    for (row, piece) in local.parts { add(piece, to: row, in: &parts) }
  }

  private func add(_ piece: [[Float]], to row: Int, in parts: inout [Int: [[Float]]]) {
    let whole = parts[row].map { zip($0, piece).map { $0 + $1 } } ?? piece
    guard let first = whole.first, first.count == rowLength else {
      parts[row] = whole
      return
    }
    parts[row] = nil
    for (place, magnitudes) in whole.enumerated() {
      let sorted = magnitudes.sorted()
      for level in 0..<levelCount {
        table[(row * models.count + place) * levelCount + level] =
          sorted[(2 * level + 1) * rowLength / (2 * levelCount)]
      }
    }
  }

  /// The levels of one row of the model at a place in the list of models, in ascending order.
  func levels(ofRow row: Int, place: Int) -> [Float] {
    let start = (row * models.count + place) * levelCount
    return Array(table[start..<start + levelCount])
  }

  /// The chances for each rank: `density − epsilon` for the smallest magnitude of a row, `density + epsilon` for the
  /// largest, and in between in proportion to the rank; equal magnitudes share the mean of their ranks.
  func thresholds(density: Double, epsilon: Double) -> [UInt64] {
    (0...2 * levelCount).map { rank in
      var share = Double(rank) / Double(2 * levelCount)
      // An exact rank counts from zero to one less than the length.
      if levelCount == rowLength { share = rowLength == 1 ? 0.5 : Double(rank - 1) / Double(2 * (rowLength - 1)) }
      return RandomDraw.threshold(density - epsilon + 2 * epsilon * min(1, max(0, share)))
    }
  }
}
