internal import Kernels
internal import Tensors

/// For each row of each model's differences, magnitudes at evenly spaced ranks; a vector is one row.
///
/// Rows of up to 64 elements are known exactly; of longer ones 8 levels are kept, which tell an element's rank to
/// within 1/16 of the row. Only rows that cross the border of two bands are held for longer than it takes to read them.
final class RowLevelsSurvey: Survey, @unchecked Sendable {
  // Each row has its own places in `table`; they are written once, by the worker that completes the row, or by `merge`,
  // whose calls never overlap.

  /// The longest row of which every element is a level.
  static let longestExact = 64
  /// How many levels a longer row has.
  static let levelsOfLongRows = 8

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
    levelCount = rowLength <= Self.longestExact ? rowLength : Self.levelsOfLongRows
    table = .allocate(capacity: task.shape.elementCount / rowLength * models.count * levelCount)
    table.initialize(repeating: 0)
  }

  deinit { table.deallocate() }

  var takesBFloat16: Bool { true }

  func makeLocal() -> AnyObject { Local() }

  func observe(_ block: InputBlock, into local: AnyObject) {
    guard let local = local as? Local else { return }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: Streaming.blockElements) { piece in
      guard let first = piece.baseAddress else { return }
      block.forEachRowPiece(rowLength: rowLength) { row, offset, count in
        for (place, model) in models.enumerated() {
          VectorKernels.best.scaledDistance(
            block.address(model, at: offset), from: block.address(base, at: offset), bfloat16: block.isBFloat16, by: 1,
            count: count, into: first)
          add(UnsafeMutableBufferPointer(start: first, count: count), to: row, place, in: &local.parts)
        }
      }
    }
  }

  func merge(_ local: AnyObject) {
    guard let local = local as? Local else { return }
    for (row, pieces) in local.parts {
      for (place, piece) in pieces.enumerated() {
        var piece = piece
        piece.withUnsafeMutableBufferPointer { add($0, to: row, place, in: &parts) }
      }
    }
  }

  /// Takes the level of a whole row, or puts a piece of one beside the others: their order does not matter.
  private func add(
    _ piece: UnsafeMutableBufferPointer<Float>, to row: Int, _ place: Int, in parts: inout [Int: [[Float]]]
  ) {
    if piece.count == rowLength { return settle(row, place, piece) }
    var pieces = parts.removeValue(forKey: row) ?? models.map { _ in [] }
    pieces[place] += piece
    if pieces[place].count == rowLength {
      pieces[place].withUnsafeMutableBufferPointer { settle(row, place, $0) }
      pieces[place] = []
      if place == models.count - 1 { return }
    }
    parts[row] = pieces
  }

  private func settle(_ row: Int, _ place: Int, _ magnitudes: UnsafeMutableBufferPointer<Float>) {
    let start = (row * models.count + place) * levelCount
    let levels = UnsafeMutableBufferPointer(rebasing: table[start..<start + levelCount])
    if levelCount < rowLength, rowLength < 1 << 24, let first = magnitudes.baseAddress {
      return VectorKernels.best.levels(of: first, count: rowLength, into: levels)
    }
    var magnitudes = magnitudes
    magnitudes.sort()
    for level in 0..<levelCount { levels[level] = magnitudes[(2 * level + 1) * rowLength / (2 * levelCount)] }
  }

  /// The levels of one row of the model at a place in the list of models, in ascending order.
  func levels(ofRow row: Int, place: Int) -> [Float] {
    let start = (row * models.count + place) * levelCount
    return Array(table[start..<start + levelCount])
  }

  /// The chance of rank 0 and what each rank adds to it: `density − epsilon` for the smallest magnitude of a row,
  /// `density + epsilon` for the largest, and in between in proportion to the rank; equal magnitudes share the mean of
  /// their ranks.
  func chances(density: Double, epsilon: Double) -> (threshold: UInt64, step: UInt64) {
    let lowest = density - epsilon
    if levelCount < rowLength {
      return (RandomDraw.threshold(lowest), RandomDraw.threshold(2 * epsilon / Double(2 * levelCount)))
    }
    // An exact rank goes from 1 to one less than twice the length.
    if rowLength == 1 { return (RandomDraw.threshold(density), 0) }
    let step = RandomDraw.threshold(epsilon / Double(rowLength - 1))
    return (RandomDraw.threshold(lowest) &- step, step)
  }
}
