public import LanguageModels
internal import Templates

/// Turns prompts into token sequences at the border between context and continuation, as lm-evaluation-harness does.
public struct PromptEncoder: Sendable {
  /// A context and a continuation that fit into the model.
  public struct Pair: Hashable, Sendable {
    /// The tokens that are given; at least one.
    public var context: [Int]
    /// The tokens that are scored; at least one.
    public var continuation: [Int]
    /// Whether tokens at the front of the context were dropped because the pair was too long for the model.
    public var isTruncated: Bool
    /// Whether the border fell inside a token, so that the continuation had to be encoded alone.
    public var isReencoded: Bool
  }

  private let tokenizer: any TextTokenizer
  private let prefixToken: Int?
  private let prefixText: String
  private let maximumLength: Int
  private let chat: (template: ChatTemplate, options: ChatOptions)?

  /// Encodes for a model.
  ///
  /// - Parameter chat: how prompts become conversations by the model's chat template; nil for prompts as they are.
  /// - Throws: an ``EvaluationError`` if the model has no chat template and one is needed.
  public init(for model: any TextModel, chat: ChatOptions?) throws(EvaluationError) {
    if let chat {
      guard let template = model.chatTemplate else { throw .noChatTemplate }
      self.init(model, chat: (template, chat))
    } else {
      self.init(model, chat: nil)
    }
  }

  /// Encodes prompts as they are for a model.
  public init(for model: any TextModel) { self.init(model, chat: nil) }

  private init(_ model: any TextModel, chat: (template: ChatTemplate, options: ChatOptions)?) {
    self.chat = chat
    tokenizer = model.tokenizer
    prefixToken = model.prefixToken
    prefixText = model.prefixToken.map { model.tokenizer.decode([$0], skippingSpecialTokens: false) } ?? ""
    maximumLength = model.maximumLength
  }

  /// The text that the model gets as the context for a prompt: the prompt itself, or a conversation in which it is
  /// the user's one message.
  ///
  /// What is scored or generated follows the text directly, where the model's answer begins.
  public func context(for prompt: String) throws -> String { try context(for: [.user(prompt)]) ?? prompt }

  /// The text of a conversation by the model's chat template, or nil where prompts are put as they are.
  ///
  /// The system's message of the options comes first, before what the conversation's own system message says.
  public func context(for messages: [ChatMessage]) throws -> String? {
    guard let chat else { return nil }
    do throws(TemplateError) {
      return try chat.template.prompt(chat.options.conversation(messages), clock: chat.options.clock)
    } catch {
      throw EvaluationError.chatTemplate(error.description)
    }
  }

  /// The tokens of a context and a continuation.
  ///
  /// White space at the end of the context moves to the continuation; both together are encoded as one text, which is
  /// cut at the number of tokens of the context encoded alone. Where a token reaches across the border the two
  /// encodings disagree, and the cut stays where it is, for the sake of equal numbers. If nothing is left for the
  /// continuation (where the harness stops with an assertion), it is encoded alone and the pair says so. Tokens that
  /// do not fit are dropped from the front of the context.
  /// Source: lm-evaluation-harness 0.4.13, `TemplateLM._encode_pair` and `HFLM._loglikelihood_tokens`.
  public func pair(context: String, continuation: String) throws -> Pair {
    if context.isEmpty {
      let tokens = try tokenizer.encode(continuation, addingSpecialTokens: false)
      return try fit(prefixed(tokens), isReencoded: false)
    }
    let (head, blanks) = Blanks.splittingTrailing(context)
    let tail = blanks + continuation
    let special = addsSpecialTokens(to: head)
    let headTokens = try tokenizer.encode(head, addingSpecialTokens: special)
    var tailTokens = Array(try tokenizer.encode(head + tail, addingSpecialTokens: special).dropFirst(headTokens.count))
    let isReencoded = tailTokens.isEmpty
    if isReencoded { tailTokens = try tokenizer.encode(tail, addingSpecialTokens: false) }
    // A context of nothing but blanks has no tokens where the tokenizer adds none.
    let pair = headTokens.isEmpty ? try prefixed(tailTokens) : (headTokens, tailTokens)
    return try fit(pair, isReencoded: isReencoded)
  }

  /// The windows in which a whole text is scored, each token once; see ``RollingWindows``.
  ///
  /// - Parameter doublingBeginToken: counts the begin token that the tokenizer puts in front as a token of the text,
  ///   scored after another begin token, as lm-evaluation-harness's rolling log-likelihood does. Otherwise the tokens
  ///   of the text alone are scored, given one begin token (the end token, where there is no begin token).
  public func windows(of text: String, doublingBeginToken: Bool) throws -> [Pair] {
    guard let prefixToken else { throw EvaluationError.noPrefixToken }
    var tokens = try tokenizer.encode(text, addingSpecialTokens: doublingBeginToken && addsSpecialTokens(to: text))
    if !doublingBeginToken, tokens.first == prefixToken { tokens.removeFirst() }
    return RollingWindows.of(tokens, prefix: prefixToken, length: maximumLength).map {
      Pair(context: $0.context, continuation: $0.continuation, isTruncated: false, isReencoded: false)
    }
  }

  /// The tokens of a prompt to be continued, and whether its front had to be dropped to leave room for the new tokens.
  public func prompt(_ text: String, roomFor newTokens: Int) throws -> (tokens: [Int], isTruncated: Bool) {
    guard newTokens < maximumLength else {
      throw EvaluationError.noRoomForPrompt(newTokens: newTokens, length: maximumLength)
    }
    var tokens = try tokenizer.encode(text, addingSpecialTokens: addsSpecialTokens(to: text))
    if tokens.isEmpty {
      guard let prefixToken else { throw EvaluationError.noPrefixToken }
      tokens = [prefixToken]
    }
    let room = maximumLength - newTokens
    return (Array(tokens.suffix(room)), tokens.count > room)
  }

  /// A text that begins with the begin token (a chat template wrote it) does not get a second one.
  private func addsSpecialTokens(to text: String) -> Bool {
    prefixText.isEmpty || !text.utf8.starts(with: prefixText.utf8)
  }

  /// A continuation without a context follows the prefix token; if it begins with that token, this is its context.
  private func prefixed(_ tokens: [Int]) throws -> (context: [Int], continuation: [Int]) {
    guard let prefixToken else { throw EvaluationError.noPrefixToken }
    return tokens.first == prefixToken && tokens.count > 1
      ? ([prefixToken], Array(tokens.dropFirst())) : ([prefixToken], tokens)
  }

  private func fit(_ pair: (context: [Int], continuation: [Int]), isReencoded: Bool) throws -> Pair {
    let count = pair.continuation.count
    guard count > 0 else { throw EvaluationError.noTokens }
    guard count <= maximumLength else {
      throw EvaluationError.continuationTooLong(tokens: count, length: maximumLength)
    }
    // The last token is only predicted, never read.
    let excess = pair.context.count + count - (maximumLength + 1)
    return Pair(
      context: excess > 0 ? Array(pair.context.dropFirst(excess)) : pair.context, continuation: pair.continuation,
      isTruncated: excess > 0, isReencoded: isReencoded)
  }
}
