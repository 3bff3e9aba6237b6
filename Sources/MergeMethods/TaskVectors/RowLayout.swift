internal import Kernels
internal import Tensors

/// How the rows of a tensor lie in the bands that workers take; a row is the last axis, or the whole of a vector.
///
/// A row that lies in one band and is short enough to be kept is looked at whole. Of the others, which bands cut, only
/// pieces are seen at a time: those that lie in one block.
struct RowLayout: Sendable, Hashable {
  /// Longer rows are looked at in pieces, so that what a worker keeps stays small.
  static let longestKept = 8 * Streaming.blockElements

  let rowLength: Int
  let rows: Int

  init(of task: MergeTask) {
    rowLength = max(1, task.shape.rowLength)
    rows = task.shape.elementCount / rowLength
  }

  private var areKept: Bool { rowLength <= Self.longestKept }

  /// Whether some rows are looked at whole.
  var hasWholeRows: Bool { areKept }

  /// Whether some rows are looked at in pieces.
  var hasCutRows: Bool {
    !areKept || rows * rowLength > Streaming.bandElements && Streaming.bandElements % rowLength != 0
  }

  /// Whether a row is looked at whole.
  func isWhole(_ row: Int) -> Bool {
    areKept
      && row * rowLength / Streaming.bandElements == ((row + 1) * rowLength - 1) / Streaming.bandElements
  }

  /// Whether a block has a piece of a row that is looked at in pieces; bands cut rows at the edges of blocks.
  func hasCutRow(inBlock block: Int) -> Bool {
    let start = block * Streaming.blockElements
    let end = min(start + Streaming.blockElements, rows * rowLength)
    return end > start && !(isWhole(start / rowLength) && isWhole((end - 1) / rowLength))
  }

  /// The rows that are looked at in pieces.
  var cutRows: [Int] {
    if !areKept { return Array(0..<rows) }
    return stride(
      from: Streaming.bandElements, to: max(Streaming.bandElements, rows * rowLength), by: Streaming.bandElements
    )
    .filter { $0 % rowLength != 0 }.map { $0 / rowLength }
  }

  /// How many places there are for rows that are looked at in pieces.
  var cutPlaces: Int {
    if !hasCutRows { return 0 }
    return areKept ? (rows * rowLength + Streaming.bandElements - 1) / Streaming.bandElements : rows
  }

  /// The place of a row that is looked at in pieces: of those that are short, one begins in each band.
  func cutPlace(of row: Int) -> Int { areKept ? row * rowLength / Streaming.bandElements : row }
}

/// A number for each row of a tensor.
final class RowValues: @unchecked Sendable {
  // Workers set the values of different rows; nobody reads before the pass is over.
  private let values: UnsafeMutableBufferPointer<Float>

  init(rows: Int) {
    values = .allocate(capacity: rows)
    values.initialize(repeating: 0)
  }

  deinit { values.deallocate() }

  subscript(row: Int) -> Float {
    get { values[row] }
    set { values[row] = newValue }
  }
}

/// A value for each piece of a row that is looked at in pieces.
final class CutRowPieces<Value>: @unchecked Sendable {
  // Workers set the values of different blocks; nobody reads before the pass is over.
  private let layout: RowLayout
  private let pieces: Int
  private let values: UnsafeMutableBufferPointer<Value>

  init(_ layout: RowLayout, repeating value: Value) {
    self.layout = layout
    pieces = (layout.rowLength + Streaming.blockElements - 1) / Streaming.blockElements + 1
    values = .allocate(capacity: layout.cutPlaces * pieces)
    values.initialize(repeating: value)
  }

  deinit { values.deallocate() }

  func set(_ value: Value, row: Int, block: Int) {
    values[layout.cutPlace(of: row) * pieces + block - row * layout.rowLength / Streaming.blockElements] = value
  }

  /// The values of a row's pieces, in order.
  func values(ofRow row: Int) -> UnsafeMutableBufferPointer<Value>.SubSequence {
    let place = layout.cutPlace(of: row)
    return values[place * pieces..<(place + 1) * pieces]
  }
}
