#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The exponential of the mean surprise per token: exp(−Σ log-likelihood / Σ tokens).
///
/// Per token of the model's own tokenizer, over all prompts together: compare it only between models that share a
/// tokenizer. (What lm-evaluation-harness calls `word_perplexity` and `byte_perplexity` divides by words and bytes
/// instead, and its `perplexity` by prompts.)
public struct Perplexity: Metric {
  /// Makes the metric.
  public init() {}

  /// The metric's name, direction and unit.
  public let card = MetricCard(
    name: "perplexity", direction: .lowerIsBetter, unit: "per token",
    summary: "the exponential of the mean negative log-likelihood of a token")

  /// The log-likelihood and the tokens.
  public func observe(_ answer: Answer, to prompt: Prompt) -> Observation? {
    guard case .text(let logLikelihood, let tokens, _) = answer.content else { return nil }
    return Observation([logLikelihood, Double(tokens)])
  }

  /// The exponential of the ratio.
  public func value(ofSums sums: [Double]) -> Double { exp(-sums[0] / sums[1]) }
}
