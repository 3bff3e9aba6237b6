internal import Tensors

/// Rows that move when the two halves of each head's rows are interleaved.
struct RowInterleaving {
  private let rowCount: Int
  private let rowLength: Int
  private let headSize: Int

  /// Describes the interleaving of a matrix whose rows are those of so many heads.
  init(heads: Int, shape: Shape) {
    rowCount = shape.dimensions.first ?? 1
    rowLength = rowCount > 0 ? shape.elementCount / rowCount : 0
    headSize = rowCount / max(1, heads)
  }

  /// Where a row goes.
  func target(ofRow row: Int) -> Int {
    let (head, inside) = row.quotientAndRemainder(dividingBy: headSize)
    let half = headSize / 2
    return head * headSize + inside % half * 2 + inside / half
  }

  /// Whether a run consists of whole heads, so that no element leaves it.
  func isClosed(_ elements: Range<Int>) -> Bool {
    let head = headSize * rowLength
    return head > 0 && elements.lowerBound % head == 0 && elements.upperBound % head == 0
  }

  /// A run of elements cut into rows and parts of rows, each with the number of its first element afterwards.
  func rows(of elements: Range<Int>) -> [(elements: Range<Int>, target: Int)] {
    var rows: [(Range<Int>, Int)] = []
    var next = elements.lowerBound
    while next < elements.upperBound {
      let (row, column) = next.quotientAndRemainder(dividingBy: rowLength)
      let end = min(elements.upperBound, next - column + rowLength)
      rows.append((next..<end, target(ofRow: row) * rowLength + column))
      next = end
    }
    return rows
  }
}
