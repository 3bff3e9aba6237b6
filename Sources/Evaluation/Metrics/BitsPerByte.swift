/// How many bits the model needs for a byte of text: −Σ log-likelihood / Σ UTF-8 bytes / ln 2.
///
/// Comparable between tokenizers. Source: lm-evaluation-harness `bits_per_byte`.
public struct BitsPerByte: Metric {
  /// Makes the metric.
  public init() {}

  /// The metric's name, direction and unit.
  public let card = MetricCard(
    name: "bits_per_byte", direction: .lowerIsBetter, unit: "bits per byte",
    summary: "the code length of the text over its UTF-8 bytes")

  /// The log-likelihood and the bytes.
  public func observe(_ answer: Answer, to prompt: Prompt) -> Observation? {
    guard case .text(let logLikelihood, _, let bytes) = answer.content else { return nil }
    return Observation([logLikelihood, Double(bytes)])
  }

  private static let naturalLogOfTwo = 0.693147180559945309417

  /// The ratio in bits.
  public func value(ofSums sums: [Double]) -> Double { -sums[0] / sums[1] / Self.naturalLogOfTwo }
}
