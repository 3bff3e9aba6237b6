internal import Documents

/// Which merge method suits some models, and why.
///
/// The limits are those of `braid diff`: rules of thumb that lie around what unrelated task vectors give.
public struct MethodAdvice: Sendable, Hashable {
  /// The methods that a draft can be made with, the best guess first.
  public let methods: [String]
  /// Why the first of them, in one sentence.
  public let reason: String

  /// From this share of the base's norm on a model is no small step away from it.
  private static let farFromBase = 0.5
  /// From this sign conflict on, task vectors are as good as unrelated.
  private static let highConflict = 0.4
  /// Below this overlap task vectors hardly meet.
  private static let lowOverlap = 0.1

  /// Advice for models of which one may be the base of the others.
  public init(_ survey: ModelSurvey, base: Int?) {
    let experts = survey.models.indices.filter { $0 != base }
    let choice: (method: String, reason: String) =
      if let base {
        experts.count == 1
          ? Self.one(experts[0], base, survey.sample) : Self.several(experts, base, survey.sample)
      } else {
        survey.models.count == 2
          ? ("slerp", "two models without a known base are best blended along the arc between them")
          : ("linear", "without a base there are no differences to work on, and a mean of fine-tunes is hard to beat")
      }
    reason = choice.reason
    methods = [choice.method] + Self.applicable(experts.count, hasBase: base != nil).filter { $0 != choice.method }
  }

  /// The methods that so many models can be merged with.
  static func applicable(_ experts: Int, hasBase: Bool) -> [String] {
    var names = ["linear"]
    if experts + (hasBase ? 1 : 0) == 2 { names.append("slerp") }
    if hasBase { names += ["task_arithmetic", "ties", "dare_ties"] }
    if hasBase, experts > 1 { names.append("model_stock") }
    return names
  }

  private static func one(_ expert: Int, _ base: Int, _ sample: DifferenceSample?) -> (String, String) {
    guard let distance = sample?.distance(expert, from: base) else {
      return ("task_arithmetic", "with one expert and its base, one weight says how much of the difference to keep")
    }
    let share = percent(distance)
    return distance < farFromBase
      ? (
        "task_arithmetic",
        "the expert moved \(share) of the base's norm, a small step that one weight can shorten"
      )
      : (
        "slerp",
        "the expert moved \(share) of the base's norm, which is far enough for the arc to differ from the chord"
      )
  }

  private static func several(_ experts: [Int], _ base: Int, _ sample: DifferenceSample?) -> (String, String) {
    guard let sample else { return ("ties", "experts of one base disagree about signs, which TIES settles by a vote") }
    var relations: [(conflict: Double, overlap: Double)] = []
    for (place, a) in experts.enumerated() {
      for b in experts[(place + 1)...] { relations.append(sample.relation(a, b, base: base)) }
    }
    let conflict = relations.reduce(0) { $0 + $1.conflict } / Double(relations.count)
    let overlap = relations.reduce(0) { $0 + $1.overlap } / Double(relations.count)
    let figures = "sign conflict \(Decimal.text(conflict, decimals: 2)), overlap \(Decimal.text(overlap, decimals: 2))"
    if overlap < lowOverlap {
      return (
        "task_arithmetic", "the experts hardly change the same elements (\(figures)), so their differences add up"
      )
    }
    if conflict >= highConflict {
      return (
        "ties", "the experts pull shared elements in unrelated directions (\(figures)), which TIES settles by a vote"
      )
    }
    return (
      "task_arithmetic",
      "the experts mostly agree in direction (\(figures)), and then a scaled sum has been ahead of TIES"
    )
  }

  private static func percent(_ share: Double) -> String { Decimal.text(share * 100, decimals: 1) + " %" }
}
