/// What a model gave for a prompt: everything that metrics are computed from.
public struct Answer: Hashable, Sendable {
  /// What was measured, depending on the kind of prompt.
  public enum Content: Hashable, Sendable {
    /// The log-likelihood of each choice after the query, in nats.
    case choices([Double])
    /// The log-likelihood of a whole text in nats, the tokens that were scored and the text's UTF-8 bytes.
    case text(logLikelihood: Double, tokens: Int, bytes: Int)
    /// The text that the model wrote, special tokens left out.
    case generation(String)
    /// The responses to the requests of a task's document, in their order.
    case responses([Response])
  }

  /// What a model gave for one request of a document.
  public enum Response: Hashable, Sendable {
    /// A log-likelihood in nats, and whether the model would have written the text itself.
    case likelihood(Double, isGreedy: Bool)
    /// A text that the model wrote.
    case text(String)
  }

  /// What was measured.
  public var content: Content
  /// Whether the front of the prompt was dropped because it did not fit into the model.
  public var isTruncated: Bool
  /// Whether the generation ran into the limit of new tokens.
  public var isCutOff: Bool
  /// Whether a continuation had no tokens of its own behind the context and was encoded alone.
  public var isReencoded: Bool

  /// Puts an answer together.
  public init(_ content: Content, isTruncated: Bool = false, isCutOff: Bool = false, isReencoded: Bool = false) {
    self.content = content
    self.isTruncated = isTruncated
    self.isCutOff = isCutOff
    self.isReencoded = isReencoded
  }
}
