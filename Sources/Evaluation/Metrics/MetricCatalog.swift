/// The metrics, and which of them judge which kind of prompt.
public enum MetricCatalog {
  /// Every metric, in alphabetical order.
  public static let all: [any Metric] = [Accuracy(), NormalizedAccuracy(), BitsPerByte(), ExactMatch(), Perplexity()]

  /// The metrics of a kind of prompt; the first one stands for the task in a leaderboard.
  public static func metrics(for kind: PromptKind) -> [any Metric] {
    switch kind {
    case .choice: [Accuracy(), NormalizedAccuracy()]
    case .generation: [ExactMatch()]
    case .text: [BitsPerByte(), Perplexity()]
    }
  }

  /// The card of the metric with this name.
  public static func card(_ name: String) -> MetricCard? { all.first { $0.card.name == name }?.card }
}
