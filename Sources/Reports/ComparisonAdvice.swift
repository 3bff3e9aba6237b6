internal import Comparisons
internal import Documents

/// What the figures of a comparison mean for choosing a merge method, in plain sentences that each name their figure.
///
/// The limits between cases are rules of thumb. Unrelated task vectors have a sign conflict of one half, a cosine of
/// zero and an overlap of about 0.4, and the limits lie around these; what follows from each case is what published
/// comparisons of methods found.
struct ComparisonAdvice {
  let sentences: [String]

  /// From this cosine on, two models very likely come from one base, or two task vectors point the same way.
  private static let alike = 0.9
  /// From this conflict on, signs are as good as unrelated.
  private static let highConflict = 0.4
  /// Below this overlap task vectors hardly meet.
  private static let lowOverlap = 0.1
  /// From this quotient of norms on one task vector dominates.
  private static let lopsided = 2.0
  /// From this share of large differences on DARE's precondition is in doubt.
  private static let manyLarge = 0.1
  /// From this share of the base's norm on a model is no small step away from it.
  private static let farFromBase = 0.5

  /// Below this share of the possible rank changes are concentrated.
  private static let concentrated = 0.1

  init(_ comparison: ModelComparison) {
    let total = comparison.total
    if comparison.tensors.isEmpty {
      sentences = ["A and B have no tensor of the same name and shape, so no method can merge them as they are."]
    } else if let vectors = total.taskVectors {
      sentences = Self.sentences(vectors, comparison)
    } else {
      sentences = Self.sentences(total.difference, count: total.count)
    }
  }

  // MARK: Without a base

  private static func sentences(_ difference: TensorDifference, count: Int) -> [String] {
    if difference.distance == 0 {
      return ["All \(count) tensors that both have are equal (distance 0): merging them would change nothing."]
    }
    var sentences: [String] = []
    if let cosine = difference.cosine {
      let figure = Decimal.text(cosine, decimals: 4)
      sentences.append(
        cosine >= alike
          ? "With a cosine of \(figure) A and B very likely come from the same base, so averages of them (linear, slerp) "
            + "have a good chance to work."
          : "A cosine of \(figure) does not look like two fine-tunes of one base, and averaging models that do not share "
            + "one usually breaks both.")
    }
    sentences.append(
      "\(Figures.percent(difference.changedShare)) of the elements differ; name the base with --base to see whether A "
        + "and B changed the same ones, and in the same direction, which is what the choice between task arithmetic and "
        + "TIES depends on.")
    return sentences
  }

  // MARK: With a base

  private static func sentences(_ vectors: TaskVectorRelation, _ comparison: ModelComparison) -> [String] {
    let unchanged = [("A", vectors.normOfFirst), ("B", vectors.normOfSecond)].filter { $0.1 == 0 }.map(\.0)
    if !unchanged.isEmpty {
      return [
        "\(unchanged.joined(separator: " and ")) equal\(unchanged.count == 1 ? "s" : "") the base (norm 0), so there "
          + "\(unchanged.count == 1 ? "is only one task vector" : "is no task vector") and nothing to reconcile."
      ]
    }
    return [norms(vectors), direction(vectors), sparsity(vectors)].compactMap { $0 } + rank(comparison)
      + ["These are rules of thumb: let scores on held-out prompts decide (braid batch, with linear among the specs)."]
  }

  private static func norms(_ vectors: TaskVectorRelation) -> String? {
    guard let first = vectors.ratioOfFirst, let second = vectors.ratioOfSecond else { return nil }
    let start =
      "A moved \(Figures.percent(first)) of the base's norm and B \(Figures.percent(second))"
    let quotient = max(first, second) / min(first, second)
    if quotient >= lopsided {
      let (long, short) = first > second ? ("A", "B") : ("B", "A")
      return start
        + ", so at equal weights \(long) drowns out \(short) (\(Decimal.text(quotient, decimals: 1)) times as "
        + "long): give \(short) the larger weight."
    }
    if max(first, second) >= farFromBase {
      return start + ", which is far for a fine-tune: expect a plain average to lose something of both."
    }
    return start + ": steps of comparable length, so equal weights are a fair start."
  }

  private static func direction(_ vectors: TaskVectorRelation) -> String? {
    guard let cosine = vectors.cosine, let overlap = vectors.overlap else { return nil }
    let (angle, meeting) = (Figures.signed(cosine), Decimal.text(overlap, decimals: 2))
    guard overlap >= lowOverlap, let conflict = vectors.conflict else {
      return
        "Their task vectors hardly touch the same elements (overlap \(meeting)), so task arithmetic can add both at "
        + "full strength (weights and lambda near 1) and there is little for a sign election to settle."
    }
    let clash = Decimal.text(conflict, decimals: 2)
    if conflict >= highConflict {
      return "Where both change an element, signs are as good as unrelated (sign conflict \(clash), where chance gives "
        + "0.50; cosine \(angle); overlap \(meeting)), as between experts for disjoint tasks: there a sign election "
        + "(TIES) has been ahead of task arithmetic, and sums at full strength have done harm, so try ties, and "
        + "task_arithmetic with lambda from 0.3 to 0.5."
    }
    let reason =
      cosine >= 0.5
      ? "point much the same way (cosine \(angle), sign conflict \(clash), overlap \(meeting)), so a sum counts their "
        + "common part twice"
      : "overlap and mostly agree in sign (sign conflict \(clash), overlap \(meeting), cosine \(angle)), as fine-tunes "
        + "with related aims do"
    return "The task vectors \(reason): use task arithmetic scaled like a mean (weights that add up to 1, lambda 1) or "
      + "linear; with such models TIES and subspace methods have often lost to it."
  }

  private static func sparsity(_ vectors: TaskVectorRelation) -> String {
    let limit = Figures.significant(Double(TaskVectorRelation.largeDifference))
    let shares = [vectors.largeShareOfFirst, vectors.largeShareOfSecond]
    let figures =
      "\(Figures.percent(shares[0])) of A's and \(Figures.percent(shares[1])) of B's differences exceed \(limit)"
    return (shares.max() ?? 0) >= manyLarge
      ? figures
        + ", more than what DARE's random dropping was found to bear, so keep its density high or prefer magnitude."
      : figures + ", so DARE's random dropping is within the range where it was found harmless."
  }

  private static func rank(_ comparison: ModelComparison) -> [String] {
    let shares = comparison.medianRankShares
    guard let first = shares.first, let second = shares.second else { return [] }
    let figures =
      "median stable rank \(Figures.percent(first)) of the possible for A, \(Figures.percent(second)) for B"
    return max(first, second) < concentrated
      ? ["Changes are concentrated along few directions of each matrix (\(figures)): a low-rank adapter may hold them."]
      : ["Changes are spread over many directions of each matrix (\(figures)): a low-rank adapter would lose much."]
  }
}
