internal import Documents

/// The share of generations that equal their target once the blanks at the ends of both are stripped.
///
/// Compared scalar by scalar, without lower-casing or ignoring punctuation.
public struct ExactMatch: Metric {
  /// Makes the metric.
  public init() {}

  /// The metric's name, direction and unit.
  public let card = MetricCard(
    name: "exact_match", direction: .higherIsBetter, unit: "fraction",
    summary: "the generated text, stripped of blanks, is the target", isAccuracy: true)

  /// One if the text is right.
  public func observe(_ answer: Answer, to prompt: Prompt) -> Observation? {
    guard case .generation(let text) = answer.content, case .generation(_, let target) = prompt.content
    else { return nil }
    return .mean(of: Blanks.areIdentical(PythonString.strip(text), PythonString.strip(target)) ? 1 : 0)
  }

  /// The mean.
  public func value(ofSums sums: [Double]) -> Double { sums[0] / sums[1] }
}
