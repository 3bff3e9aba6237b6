internal import Documents
internal import Kernels

/// How the task vectors x = A - base and y = B - base of two tensors, or groups of tensors, relate.
///
/// Differences are those of the float32 elements; elements that are not finite in one of the three are left out.
public struct TaskVectorRelation: Hashable, Sendable {
  /// Differences above this are large: DARE's papers found that dropping most of a task vector is harmless only while
  /// differences stay below about this.
  public static let largeDifference: Float = 0.005

  private(set) var sums: TaskVectorSums

  init(_ sums: TaskVectorSums = TaskVectorSums()) { self.sums = sums }

  mutating func add(_ other: TaskVectorRelation) { sums.add(other.sums) }

  /// |x|.
  public var normOfFirst: Double { sums.pair.squaresOfFirst.squareRoot() }

  /// |y|.
  public var normOfSecond: Double { sums.pair.squaresOfSecond.squareRoot() }

  /// |x| / |base|; nil where the base is zero.
  public var ratioOfFirst: Double? { Ratio.of(normOfFirst, sums.squaresOfBase.squareRoot()) }

  /// |y| / |base|; nil where the base is zero.
  public var ratioOfSecond: Double? { Ratio.of(normOfSecond, sums.squaresOfBase.squareRoot()) }

  /// ⟨x, y⟩ / (|x| |y|); nil where one of them is zero.
  public var cosine: Double? { Ratio.cosine(sums.pair.product, sums.pair.squaresOfFirst, sums.pair.squaresOfSecond) }

  /// The sign conflict, weighted by magnitude: Σ min(|xᵢ|, |yᵢ|) where the signs differ, over the same sum everywhere;
  /// nil where no element is changed in both.
  ///
  /// This is the share of what both change that cancels in a sum: 0 when they agree wherever they meet, 1 for
  /// opposites, one half for task vectors that have nothing to do with each other.
  public var conflict: Double? { Ratio.of(sums.opposed, sums.shared) }

  /// The overlap: Σ min(|xᵢ|, |yᵢ|) / Σ max(|xᵢ|, |yᵢ|); nil where both are zero.
  ///
  /// 0 when no element is changed in both, 1 for equal magnitudes, 0.41 for two unrelated Gaussian task vectors of the
  /// same size.
  public var overlap: Double? {
    Ratio.of(sums.shared, sums.magnitudeOfFirst + sums.magnitudeOfSecond - sums.shared)
  }

  /// The share of x's elements above ``largeDifference``.
  public var largeShareOfFirst: Double { Ratio.share(sums.largeInFirst, of: sums.pair.counted) }

  /// The share of y's elements above ``largeDifference``.
  public var largeShareOfSecond: Double { Ratio.share(sums.largeInSecond, of: sums.pair.counted) }

  var members: [(key: String, value: JSONValue)] {
    [
      ("norm_a", .number(normOfFirst)), ("norm_b", .number(normOfSecond)),
      ("norm_base", .number(sums.squaresOfBase.squareRoot())),
      ("ratio_a", .optional(ratioOfFirst)), ("ratio_b", .optional(ratioOfSecond)),
      ("cosine", .optional(cosine)), ("conflict", .optional(conflict)), ("overlap", .optional(overlap)),
      ("large_a", .number(largeShareOfFirst)), ("large_b", .number(largeShareOfSecond)),
    ]
  }
}
