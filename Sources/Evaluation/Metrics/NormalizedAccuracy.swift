/// The share of multiple-choice prompts whose right choice has the highest log-likelihood for its length.
///
/// The length is counted in Unicode scalars of the choice as it stands in the file, its leading blank included, since
/// no delimiter is put in front of it; not in bytes, as is often said. Source: lm-evaluation-harness `acc_norm`.
public struct NormalizedAccuracy: Metric {
  /// Makes the metric.
  public init() {}

  /// The metric's name, direction and unit.
  public let card = MetricCard(
    name: "acc_norm", direction: .higherIsBetter, unit: "fraction",
    summary: "the right choice is the most likely one per character", isAccuracy: true)

  /// One if the pick is right.
  public func observe(_ answer: Answer, to prompt: Prompt) -> Observation? {
    guard case .choices(let likelihoods) = answer.content, case .choice(_, let choices, let gold) = prompt.content
    else { return nil }
    let normalized = zip(likelihoods, choices).map { $0 / Double($1.unicodeScalars.count) }
    return .mean(of: Accuracy.firstMaximum(normalized) == gold ? 1 : 0)
  }

  /// The mean.
  public func value(ofSums sums: [Double]) -> Double { sums[0] / sums[1] }
}
