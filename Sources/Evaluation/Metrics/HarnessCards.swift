/// What there is to know about the metrics of tasks of lm-evaluation-harness, and of embedding tasks.
package enum HarnessCards {
  /// The cards, in alphabetical order.
  package static let all: [MetricCard] = [
    MetricCard(
      name: "acc", direction: .higherIsBetter, unit: "fraction", summary: "the right choice is the most likely one",
      isAccuracy: true),
    MetricCard(
      name: "acc_bytes", direction: .higherIsBetter, unit: "fraction",
      summary: "the right choice is the most likely one for each byte of its text", isAccuracy: true),
    MetricCard(
      name: "acc_mutual_info", direction: .higherIsBetter, unit: "fraction",
      summary: "the right choice gains most from the context", isAccuracy: true),
    MetricCard(
      name: "acc_norm", direction: .higherIsBetter, unit: "fraction",
      summary: "the right choice is the most likely one for each character of its text", isAccuracy: true),
    MetricCard(
      name: "bits_per_byte", direction: .lowerIsBetter, unit: "bits per byte",
      summary: "the code length of the texts over their bytes"),
    MetricCard(
      name: "bleu", direction: .higherIsBetter, unit: "percent", summary: "the corpus BLEU of the generations"),
    MetricCard(
      name: "brier_score", direction: .lowerIsBetter, unit: "squared distance",
      summary: "how far the probabilities of the choices are from the right one"),
    MetricCard(
      name: "byte_perplexity", direction: .lowerIsBetter, unit: "per byte", summary: "the perplexity for each byte"),
    MetricCard(
      name: "chrf", direction: .higherIsBetter, unit: "percent",
      summary: "the corpus F-score of the generations' character sequences"),
    MetricCard(
      name: "exact_match", direction: .higherIsBetter, unit: "fraction", summary: "the text is what was asked for",
      isAccuracy: true),
    MetricCard(
      name: "f1", direction: .higherIsBetter, unit: "fraction", summary: "the harmonic mean of precision and recall"),
    MetricCard(
      name: "mcc", direction: .higherIsBetter, unit: "correlation", summary: "Matthews' correlation of picks and labels"
    ),
    MetricCard(
      name: "mrr", direction: .higherIsBetter, unit: "mean", summary: "one over the rank of the first right document"),
    MetricCard(
      name: "ndcg_at_10", direction: .higherIsBetter, unit: "fraction",
      summary: "how high the right documents stand among the first ten"),
    MetricCard(
      name: "pair_accuracy", direction: .higherIsBetter, unit: "fraction", summary: "the right text is the closer one"),
    MetricCard(
      name: "perplexity", direction: .lowerIsBetter, unit: "per target",
      summary: "the perplexity of a target as a whole"),
    MetricCard(
      name: "spearman", direction: .higherIsBetter, unit: "correlation",
      summary: "the rank correlation of cosines with people's scores"),
    MetricCard(
      name: "ter", direction: .lowerIsBetter, unit: "percent",
      summary: "the edits that make the references of the generations, over the references' words"),
    MetricCard(
      name: "word_perplexity", direction: .lowerIsBetter, unit: "per word", summary: "the perplexity for each word"),
  ]

  /// The card of a metric, whose name may have a filter behind a comma.
  package static func card(_ name: String) -> MetricCard? {
    let metric = name.split(separator: ",", maxSplits: 1).first.map(String.init)
    guard var card = all.first(where: { $0.name == metric }) else { return nil }
    card.name = name
    return card
  }
}
