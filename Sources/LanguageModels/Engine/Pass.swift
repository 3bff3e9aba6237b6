internal import CKernels
internal import Kernels

/// Tokens that go through the model together and belong to one sequence.
struct Segment: Sendable {
  /// The tokens to compute.
  var tokens: ArraySlice<Int>
  /// Where their keys and values go; knows the position at which they begin.
  var own: KeyValueMemory
  /// How many tokens of `own` were computed in earlier passes.
  var filled = 0
  /// The keys and values of everything before `own`, which others may use as well, from the front of the sequence on.
  var shared: [KeyValueSpan] = []
  /// The angles of the sequence's positions.
  var rotations: RotaryTables
  /// The request that the tokens belong to, for error messages.
  var request: Int
  /// Whether the segment is the next token of a generation; those come before all others in a pass.
  var isNextToken = false

  /// The position of the first token in its sequence.
  var position: Int { own.first + filled }
}

/// A batch on its way through the layers: the rows of all its segments, one behind the other.
///
/// Unchecked: the pointers are the workspace's, and every step has its lanes write to rows or tiles of their own.
final class Pass: @unchecked Sendable {
  let team: ThreadTeam
  let workspace: Workspace
  let segments: [Segment]
  /// The number of rows.
  let rows: Int
  /// The rows as products see them.
  let productRows: ProductRows
  /// The segment of each row.
  let segmentOfRow: [Int]
  /// The first row of each segment.
  let firstRows: [Int]

  /// Rows that one product works on: enough to keep a core busy, few enough to stay in its cache.
  static let rowsPerBlock = 256

  init(_ segments: [Segment], team: ThreadTeam, workspace: Workspace) {
    self.segments = segments
    self.team = team
    self.workspace = workspace
    var firstRows: [Int] = []
    var segmentOfRow: [Int] = []
    for (number, segment) in segments.enumerated() {
      firstRows.append(segmentOfRow.count)
      segmentOfRow += repeatElement(number, count: segment.tokens.count)
    }
    self.firstRows = firstRows
    self.segmentOfRow = segmentOfRow
    rows = segmentOfRow.count
    productRows = ProductRows(nextTokens: segments.prefix(while: \.isNextToken).count, count: rows)
  }

  /// The rows that buffers have room for: products may work on a few more than there are.
  static func paddedRows(_ rows: Int) -> Int { rows + 8 }

  /// The residual stream of rows of `width` elements.
  func stream(width: Int) -> UnsafeMutablePointer<Float> { workspace.stream.floats(Self.paddedRows(rows) * width) }

  /// Room for what a block makes of the rows, before it is added to the stream.
  func branch(width: Int) -> UnsafeMutablePointer<Float> { workspace.branch.floats(Self.paddedRows(rows) * width) }

  /// The stream as it is, in the type of the products.
  func plainRows(width: Int, element: MatrixElement) -> UnsafeRawPointer {
    let count = rows * width
    let copy = workspace.normed.bytes(Self.paddedRows(rows) * width * element.byteCount)
    switch element {
    case .float32: copy.copyMemory(from: stream(width: width), byteCount: count * 4)
    case .bfloat16: braid_lm_round(stream(width: width), count, copy.assumingMemoryBound(to: UInt16.self))
    }
    return UnsafeRawPointer(copy)
  }
}

/// A row of a pass whose numbers are not finite.
struct NotFinite: Error {
  /// The row in the pass.
  var row: Int
  /// Where it was noticed.
  var place: String
}

/// A text that is longer than the positions for which a model has vectors.
struct NoPosition: Error {
  /// The request that the text belongs to.
  var request: Int
  /// How many positions there are.
  var count: Int
}
