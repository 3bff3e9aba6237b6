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
    // A task brings its own.
    case .document: []
    }
  }

  /// The card of the metric with this name.
  ///
  /// Names that only tasks use, with or without the filter behind a comma (`exact_match,strict-match`), have one too.
  public static func card(_ name: String) -> MetricCard? {
    all.first { $0.card.name == name }?.card ?? HarnessCards.card(name)
  }
}
