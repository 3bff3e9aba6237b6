/// A model that scores and continues token sequences; what evaluation needs to know about language models.
///
/// Implementing: results must not depend on how requests are grouped into batches beyond float32 rounding, and
/// logits that are not finite are an error that names the model, never a score.
public protocol TextModel: Sendable {
  /// Text to tokens and back.
  var tokenizer: any TextTokenizer { get }
  /// The most tokens the model can look at.
  var maximumLength: Int { get }
  /// The token put in front of a text that has no context: the begin token, else the end token.
  var prefixToken: Int? { get }
  /// The tokens that end a generation.
  var endTokens: Set<Int> { get }
  /// The model's own way to write a conversation, if it has one.
  var chatTemplate: ChatTemplate? { get }

  /// The log-likelihood of each continuation after its context, in the order of the requests.
  ///
  /// - Parameters:
  ///   - progress: called now and then with the number of tokens that were computed since the last call.
  ///   - finished: called with the number of a request and its scores as soon as they are known, in any order.
  func score(
    _ requests: [ScoringRequest], progress: @Sendable (Int) -> Void,
    finished: @Sendable (Int, [ContinuationScore]) -> Void
  ) throws -> [[ContinuationScore]]

  /// Greedy continuations, in the order of the requests.
  ///
  /// - Parameters:
  ///   - progress: called now and then with the number of tokens that were computed since the last call.
  ///   - finished: called with the number of a request and its continuation as soon as it is complete, in any order.
  func generate(
    _ requests: [GenerationRequest], progress: @Sendable (Int) -> Void,
    finished: @Sendable (Int, GeneratedTokens) -> Void
  ) throws -> [GeneratedTokens]
}

extension TextModel {
  /// No way of its own to write a conversation.
  public var chatTemplate: ChatTemplate? { nil }

  /// The log-likelihood of each continuation after its context, in the order of the requests.
  public func score(_ requests: [ScoringRequest], progress: @Sendable (Int) -> Void) throws -> [[ContinuationScore]] {
    try score(requests, progress: progress) { _, _ in }
  }

  /// Greedy continuations, in the order of the requests.
  public func generate(_ requests: [GenerationRequest], progress: @Sendable (Int) -> Void) throws -> [GeneratedTokens] {
    try generate(requests, progress: progress) { _, _ in }
  }
}

/// A tokenizer as evaluation uses it.
public protocol TextTokenizer: Sendable {
  /// The tokens of a text.
  ///
  /// - Parameter addingSpecialTokens: whether the tokenizer's own post-processing (a begin token, say) applies.
  func encode(_ text: String, addingSpecialTokens: Bool) throws -> [Int]
  /// The text of tokens; special tokens are left out on request.
  func decode(_ tokens: [Int], skippingSpecialTokens: Bool) -> String
}

/// A context and the continuations to score after it; the context is computed once for all of them.
public struct ScoringRequest: Sendable, Hashable {
  /// The tokens before the continuations; at least one.
  public var context: [Int]
  /// The tokens to score; context and continuation less its last token fit into the model's length.
  public var continuations: [[Int]]

  /// Makes a request.
  public init(context: [Int], continuations: [[Int]]) {
    self.context = context
    self.continuations = continuations
  }
}

/// What a model thinks of a continuation.
public struct ContinuationScore: Sendable, Hashable {
  /// The sum of the tokens' log-probabilities, in nats.
  public var logLikelihood: Double
  /// Whether every token was the model's first choice.
  public var isGreedy: Bool

  /// Makes a score.
  public init(logLikelihood: Double, isGreedy: Bool) {
    self.logLikelihood = logLikelihood
    self.isGreedy = isGreedy
  }
}

/// A prompt to continue greedily.
public struct GenerationRequest: Sendable, Hashable {
  /// The tokens of the prompt.
  public var prompt: [Int]
  /// How many tokens to add at the most.
  public var maximumNewTokens: Int
  /// Texts that end the continuation once they appear in it; what lies behind them is the caller's to cut.
  public var stops: [String]

  /// Makes a request.
  public init(prompt: [Int], maximumNewTokens: Int, stops: [String] = []) {
    self.prompt = prompt
    self.maximumNewTokens = maximumNewTokens
    self.stops = stops
  }

  /// Whether one of the stops is in the last tokens of a continuation, as many as can spell it and two more.
  func isStopped(_ tokens: [Int], by tokenizer: any TextTokenizer) -> Bool {
    guard let longest = stops.map(\.utf8.count).max() else { return false }
    let tail = Array(tokenizer.decode(Array(tokens.suffix(longest + 2)), skippingSpecialTokens: false).utf8)
    return stops.contains { stop in
      let stop = Array(stop.utf8)
      return tail.count >= stop.count && (0...(tail.count - stop.count)).contains { tail[$0...].starts(with: stop) }
    }
  }
}

/// A greedy continuation.
public struct GeneratedTokens: Sendable, Hashable {
  /// The new tokens, without the end token.
  public var tokens: [Int]
  /// Whether the model ended the text itself, rather than running into the limit.
  public var ended: Bool

  /// Makes a continuation.
  public init(tokens: [Int], ended: Bool) {
    self.tokens = tokens
    self.ended = ended
  }
}
