internal import Tensors

/// The rows of a matrix that a file stores in another order.
struct MovedRows {
  private let order: StoredForm.Order
  private let rowCount: Int
  private let rowLength: Int
  /// How many rows keep together: those of a head, or all.
  private let groupSize: Int

  /// Describes a matrix; nil if its rows stay where they are.
  init?(_ order: StoredForm.Order, shape: Shape) {
    rowCount = shape.dimensions.first ?? 1
    rowLength = rowCount > 0 ? shape.elementCount / rowCount : 0
    self.order = order
    switch order {
    case .same, .transposed: return nil
    case .interleavedHalves(let heads): groupSize = rowCount / max(1, heads)
    case .joinedParts: groupSize = rowCount
    }
  }

  /// Where a row goes.
  func target(ofRow row: Int) -> Int {
    switch order {
    case .same, .transposed: return row
    case .interleavedHalves:
      let (head, inside) = row.quotientAndRemainder(dividingBy: groupSize)
      let half = groupSize / 2
      return head * groupSize + inside % half * 2 + inside / half
    case .joinedParts(let heads):
      let size = rowCount / heads / HeadRows.parts
      let (block, inside) = row.quotientAndRemainder(dividingBy: size)
      let (head, part) = block.quotientAndRemainder(dividingBy: HeadRows.parts)
      return (part * heads + head) * size + inside
    }
  }

  /// Whether a run consists of whole groups, so that no element leaves it.
  func isClosed(_ elements: Range<Int>) -> Bool {
    let group = groupSize * rowLength
    return group > 0 && elements.lowerBound % group == 0 && elements.upperBound % group == 0
  }

  /// A run of elements cut into parts that stay together, each with the number of its first element afterwards.
  func parts(of elements: Range<Int>) -> [(elements: Range<Int>, target: Int)] {
    var parts: [(elements: Range<Int>, target: Int)] = []
    var next = elements.lowerBound
    while next < elements.upperBound {
      let (row, column) = next.quotientAndRemainder(dividingBy: rowLength)
      let end = min(elements.upperBound, next - column + rowLength)
      let target = target(ofRow: row) * rowLength + column
      if let last = parts.last, last.target + last.elements.count == target {
        parts[parts.count - 1].elements = last.elements.lowerBound..<end
      } else {
        parts.append((next..<end, target))
      }
      next = end
    }
    return parts
  }
}
