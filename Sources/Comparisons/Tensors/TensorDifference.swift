internal import Documents
internal import Kernels

/// How two tensors, or two groups of tensors, A and B differ.
///
/// Elements are taken as float32, as merges take them; float64 elements that differ by less are equal. Pairs with an element that is not finite are counted and left out of the figures.
public struct TensorDifference: Hashable, Sendable {
  private(set) var sums: DifferenceSums
  /// How many pairs of elements there are.
  public private(set) var elements: Int

  /// Nothing, to which groups are added.
  init() {
    sums = DifferenceSums()
    elements = 0
  }

  init(_ sums: DifferenceSums, elements: Int) {
    self.sums = sums
    self.elements = elements
  }

  mutating func add(_ other: TensorDifference) {
    sums.add(other.sums)
    elements += other.elements
  }

  /// |A - B| / |A|; nil where A is zero and B is not.
  public var relativeDistance: Double? {
    if sums.squaresOfDifference == 0 { return 0 }
    return sums.pair.squaresOfFirst > 0 ? (sums.squaresOfDifference / sums.pair.squaresOfFirst).squareRoot() : nil
  }

  /// ⟨A, B⟩ / (|A| |B|); nil where one of them is zero.
  public var cosine: Double? { Ratio.cosine(sums.pair.product, sums.pair.squaresOfFirst, sums.pair.squaresOfSecond) }

  /// The share of the counted pairs that are unequal.
  public var changedShare: Double { Ratio.share(sums.changed, of: sums.pair.counted) }

  /// The largest |a - b|.
  public var largest: Double { sums.largest }

  /// The norm of A - B.
  public var distance: Double { sums.squaresOfDifference.squareRoot() }

  /// How many pairs have an element that is infinite or no number.
  public var notFinite: Int { elements - sums.pair.counted }

  var members: [(key: String, value: JSONValue)] {
    [
      ("elements", .integer(elements)), ("not_finite", .integer(notFinite)),
      ("norm_a", .number(sums.pair.squaresOfFirst.squareRoot())),
      ("norm_b", .number(sums.pair.squaresOfSecond.squareRoot())),
      ("distance", .number(distance)), ("relative_distance", .optional(relativeDistance)),
      ("cosine", .optional(cosine)), ("changed", .number(changedShare)), ("largest", .number(largest)),
    ]
  }
}

/// Quotients of sums.
enum Ratio {
  static func share(_ part: Int, of whole: Int) -> Double { whole > 0 ? Double(part) / Double(whole) : 0 }

  static func cosine(_ product: Double, _ first: Double, _ second: Double) -> Double? {
    guard first > 0, second > 0 else { return nil }
    return min(1, max(-1, product / (first * second).squareRoot()))
  }

  /// A quotient, or nil where there is nothing to divide by.
  static func of(_ part: Double, _ whole: Double) -> Double? { whole > 0 ? part / whole : nil }
}

extension JSONValue {
  /// A number, or null.
  static func optional(_ value: Double?) -> JSONValue { value.map(JSONValue.number) ?? .null }
}
