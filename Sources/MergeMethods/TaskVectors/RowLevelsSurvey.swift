internal import Kernels
internal import Tensors

/// For each row of each model's differences, magnitudes at evenly spaced ranks, what chance keeps by those ranks, and the
/// sums of all magnitudes and of those that are kept; a vector is one row.
///
/// Rows of up to 64 elements are known exactly; of longer ones 8 levels are kept, which tell an element's rank to
/// within 1/16 of the row. Only rows that cross the border of two blocks are held for longer than it takes to read them.
final class RowLevelsSurvey: Survey, @unchecked Sendable {
  // Each row has its own places in `table`, `sums` and `kept`; they are written once, by the worker that completes the
  // row, or by `merge`, whose calls never overlap.

  /// The longest row of which every element is a level.
  static let longestExact = 64
  /// How many levels a longer row has.
  static let levelsOfLongRows = 8

  /// How likely a model's differences are to be kept: from `density − epsilon` for the smallest magnitude of a row to
  /// `density + epsilon` for the largest, and in between in proportion to the rank; equal magnitudes share the mean of
  /// their ranks.
  struct Chance: Sendable {
    var key: UInt64
    var density: Double
    var epsilon: Double
  }

  /// What a worker has seen.
  private final class Local {
    var parts: [Int: RowPart] = [:]
    let finder = RowLevels()
  }

  let rowLength: Int
  private let base: Int
  private let models: [Int]
  private let chances: [Chance?]
  private let levelCount: Int
  private let table: UnsafeMutableBufferPointer<Float>
  private let sums: UnsafeMutableBufferPointer<MagnitudeSums>
  private let merged = Local()
  /// For each model what was drawn, if there was room for that.
  let kept: [DrawnBits?]

  /// - Parameter chances: for each model; nil leaves it as it is.
  init(task: MergeTask, base: Int, models: [Int], chances: [Chance?]) {
    self.base = base
    self.models = models
    self.chances = chances
    rowLength = max(1, task.shape.rowLength)
    levelCount = rowLength <= Self.longestExact ? rowLength : Self.levelsOfLongRows
    let elements = task.shape.elementCount
    let rows = elements / rowLength
    table = .allocate(capacity: rows * models.count * levelCount)
    table.initialize(repeating: 0)
    sums = .allocate(capacity: rows * models.count)
    sums.initialize(repeating: MagnitudeSums())
    // Rows that shared a word could not be drawn by different workers.
    let size = DrawnBits.byteCount(elements: elements) * chances.count { $0 != nil }
    let isKept = rowLength % 16 == 0 && size <= task.spareBytes
    kept = chances.map { isKept && $0 != nil ? DrawnBits(elements: elements) : nil }
  }

  deinit {
    table.deallocate()
    sums.deallocate()
  }

  var takesBFloat16: Bool { true }

  func makeLocal() -> AnyObject { Local() }

  func observe(_ block: InputBlock, into local: AnyObject) {
    guard let local = local as? Local else { return }
    block.forEachRowPiece(rowLength: rowLength) { row, offset, count in
      if count == rowLength {
        for (place, model) in models.enumerated() {
          settle(
            row, place, block.address(model, at: offset), base: block.address(base, at: offset),
            bfloat16: block.isBFloat16, local.finder)
        }
      } else {
        let magnitudes = models.map { model in
          [Float](unsafeUninitializedCapacity: count) { piece, used in
            piece.baseAddress.map {
              VectorKernels.best.scaledDistance(
                block.address(model, at: offset), from: block.address(base, at: offset), bfloat16: block.isBFloat16,
                by: 1, count: count, into: $0)
            }
            used = count
          }
        }
        add(RowPart(.init(column: block.start + offset - row * rowLength, magnitudes: magnitudes)), to: row, local)
      }
    }
  }

  func merge(_ local: AnyObject) {
    guard let local = local as? Local else { return }
    for (row, part) in local.parts { add(part, to: row, merged) }
  }

  /// Puts a part of a row beside the others, and settles the row when none is missing.
  private func add(_ part: RowPart, to row: Int, _ local: Local) {
    var whole = local.parts.removeValue(forKey: row) ?? RowPart()
    whole.add(part)
    guard whole.count == rowLength else { return local.parts[row] = whole }
    for place in models.indices {
      whole.row(ofModel: place).withUnsafeBytes { magnitudes in
        guard let first = magnitudes.baseAddress else { return }
        settle(row, place, first, base: nil, bfloat16: false, local.finder)
      }
    }
  }

  private func settle(
    _ row: Int, _ place: Int, _ x: UnsafeRawPointer, base: UnsafeRawPointer?, bfloat16: Bool, _ finder: RowLevels
  ) {
    guard chances[place] != nil else { return }
    let kernels = VectorKernels.best
    let start = (row * models.count + place) * levelCount
    let levels = UnsafeMutableBufferPointer(rebasing: table[start..<start + levelCount])
    if levelCount < rowLength, rowLength < 1 << 24 {
      finder.find(in: x, base: base, bfloat16: bfloat16, count: rowLength, into: levels, with: kernels)
    } else {
      let row = magnitudes(x, base: base, bfloat16: bfloat16).sorted()
      for level in 0..<levelCount { levels[level] = row[(2 * level + 1) * rowLength / (2 * levelCount)] }
    }
    guard let draw = draw(inRow: row, place: place) else { return }
    let words = BlockBits.words(of: rowLength)
    withUnsafeTemporaryAllocation(of: UInt16.self, capacity: words) { room in
      guard var bits = room.baseAddress else { return }
      if let whole = kept[place]?.bits(inBlock: 0) {
        bits = whole + row * words
      } else {
        room.initialize(repeating: 0)
      }
      kernels.draw(
        draw, x, base: base, bfloat16: bfloat16, first: row * rowLength, count: rowLength, place: 0, into: bits)
      sums[row * models.count + place] = kernels.sumMagnitudes(
        x, base: base, bfloat16: bfloat16, count: rowLength, cut: DifferenceCut(weight: 1, selected: bits),
        squared: false)
    }
  }

  private func magnitudes(_ x: UnsafeRawPointer, base: UnsafeRawPointer?, bfloat16: Bool) -> [Float] {
    [Float](unsafeUninitializedCapacity: rowLength) { row, used in
      if let base, let first = row.baseAddress {
        VectorKernels.best.scaledDistance(x, from: base, bfloat16: bfloat16, by: 1, count: rowLength, into: first)
      } else {
        _ = row.initialize(from: UnsafeBufferPointer(start: x.assumingMemoryBound(to: Float.self), count: rowLength))
      }
      used = rowLength
    }
  }

  /// The draw for the elements of a row of the model at a place in the list of models, if chance has a say in that.
  func draw(inRow row: Int, place: Int) -> RandomDraw? {
    guard let chance = chances[place] else { return nil }
    let start = (row * models.count + place) * levelCount
    let lowest = chance.density - chance.epsilon
    var draw = RandomDraw(key: chance.key, probability: lowest)
    draw.levels = Array(table[start..<start + levelCount])
    if levelCount < rowLength {
      draw.step = RandomDraw.threshold(2 * chance.epsilon / Double(2 * levelCount))
    } else if rowLength == 1 {
      draw.threshold = RandomDraw.threshold(chance.density)
    } else {
      // An exact rank goes from 1 to one less than twice the length.
      draw.step = RandomDraw.threshold(chance.epsilon / Double(rowLength - 1))
      draw.threshold &-= draw.step
    }
    return draw
  }

  /// The factor that leaves the L1 norm of the model at a place in the list of models as it was, rows added in order.
  func scale(of place: Int) -> Float {
    guard chances[place] != nil else { return 1 }
    var total = MagnitudeSums()
    for index in stride(from: place, to: sums.count, by: models.count) { total.add(sums[index]) }
    return total.scale
  }
}

/// Pieces of a row, in the order in which they were seen.
private struct RowPart {
  struct Piece {
    var column: Int
    /// The magnitudes of each model's differences.
    var magnitudes: [[Float]]
  }

  private var pieces: [Piece] = []
  /// How many elements of the row there are.
  private(set) var count = 0

  init() {}

  init(_ piece: Piece) {
    pieces = [piece]
    count = piece.magnitudes.first?.count ?? 0
  }

  mutating func add(_ other: RowPart) {
    pieces += other.pieces
    count += other.count
  }

  /// The magnitudes of a model, in the order of the row.
  func row(ofModel place: Int) -> [Float] {
    pieces.sorted { $0.column < $1.column }.flatMap { $0.magnitudes[place] }
  }
}
