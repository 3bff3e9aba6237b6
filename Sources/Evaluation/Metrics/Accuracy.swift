/// The share of multiple-choice prompts whose right choice is the most likely one.
///
/// The first of equally likely choices counts as the model's pick. Source: lm-evaluation-harness `acc`.
public struct Accuracy: Metric {
  /// Makes the metric.
  public init() {}

  /// The metric's name, direction and unit.
  public let card = MetricCard(
    name: "acc", direction: .higherIsBetter, unit: "fraction", summary: "the right choice is the most likely one",
    isAccuracy: true)

  /// One if the pick is right.
  public func observe(_ answer: Answer, to prompt: Prompt) -> Observation? {
    guard case .choices(let likelihoods) = answer.content, case .choice(_, _, let gold) = prompt.content
    else { return nil }
    return .mean(of: Self.firstMaximum(likelihoods) == gold ? 1 : 0)
  }

  /// The mean.
  public func value(ofSums sums: [Double]) -> Double { sums[0] / sums[1] }

  /// The index of the largest value, the first one of equals.
  static func firstMaximum(_ values: [Double]) -> Int? {
    var best: Int?
    for index in values.indices where best.map({ values[index] > values[$0] }) ?? true { best = index }
    return best
  }
}
