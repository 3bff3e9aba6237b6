/// The extents of a tensor, outermost first; no extents means a single number.
public struct Shape: Hashable, Sendable, CustomStringConvertible, ExpressibleByArrayLiteral {
  /// The extents, outermost first.
  public var dimensions: [Int]

  /// Makes a shape from its extents, outermost first.
  public init(_ dimensions: [Int]) { self.dimensions = dimensions }

  /// Makes a shape from its extents, outermost first.
  public init(arrayLiteral elements: Int...) { dimensions = elements }

  /// How many elements a tensor of this shape has.
  ///
  /// Readers of untrusted files use ``checkedElementCount`` before they build a shape.
  public var elementCount: Int { dimensions.reduce(1, *) }

  /// The number of elements, or nil if an extent is negative or the product overflows.
  public var checkedElementCount: Int? {
    var count = 1
    for dimension in dimensions {
      guard dimension >= 0 else { return nil }
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      if overflow { return nil }
      count = product
    }
    return count
  }

  /// The length of one row: the last extent, or one for a single number.
  public var rowLength: Int { dimensions.last ?? 1 }

  /// The extents in brackets.
  public var description: String { "[" + dimensions.map(String.init).joined(separator: ", ") + "]" }
}
