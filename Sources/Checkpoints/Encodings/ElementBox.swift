/// A box of coordinates of a tensor, walked over in row-major order.
struct ElementBox {
  /// The coordinates along each extent.
  var ranges: [Range<Int>]

  /// The smallest box that contains a range of elements, which must not be empty.
  init(of elements: Range<Int>, in shape: [Int]) {
    let low = Self.coordinates(of: elements.lowerBound, in: shape)
    let high = Self.coordinates(of: elements.upperBound - 1, in: shape)
    // Along extents behind the first one where they differ, everything may occur.
    let split = low.indices.first { low[$0] != high[$0] } ?? low.count
    ranges = low.indices.map { $0 <= split ? low[$0]..<high[$0] + 1 : 0..<shape[$0] }
  }

  /// A box of these ranges.
  init(_ ranges: [Range<Int>]) { self.ranges = ranges }

  /// The first place, or nil if there is none.
  var first: [Int]? { ranges.contains(where: \.isEmpty) ? nil : ranges.map(\.lowerBound) }

  /// Moves on to the next place; false after the last one.
  func advance(_ place: inout [Int]) -> Bool {
    for axis in place.indices.reversed() {
      if place[axis] < ranges[axis].upperBound - 1 {
        place[axis] += 1
        return true
      }
      place[axis] = ranges[axis].lowerBound
    }
    return false
  }

  private static func coordinates(of element: Int, in shape: [Int]) -> [Int] {
    var rest = element
    var result = shape
    for axis in shape.indices.reversed() {
      result[axis] = rest % shape[axis]
      rest /= shape[axis]
    }
    return result
  }
}
