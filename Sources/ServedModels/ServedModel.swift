public import LanguageModels

/// A model that a server computes: its tokenizer and its other settings are read from files here, its weights are not.
///
/// The server speaks OpenAI's protocol and returns the log-probabilities of a prompt's own tokens; what it can do is
/// found out before it is used. Prompts go out as tokens of the model's own tokenizer where the server takes them, else
/// as text, and every answer is checked to have just these tokens.
public struct ServedModel: TextModel {
  /// What the model's files say about texts.
  public let settings: TextSettings
  /// What the server calls the model.
  public var servedName: String { traits.model }
  /// What a reader of the scores should know of the server, one remark a line.
  public let remarks: [String]
  /// The most tokens the model can look at: two fewer than the server can, which reads the last token of a
  /// continuation, too, and makes a new one in every case.
  public let maximumLength: Int

  let connection: EngineConnection
  let traits: EngineTraits

  /// Asks a server what it can do.
  ///
  /// - Parameters:
  ///   - settings: what the model's files say.
  ///   - options: where the server is, and how it is asked.
  ///   - key: what the server may want to see.
  /// - Throws: an ``EngineError`` that says what keeps the server from being used.
  public init(_ settings: TextSettings, options: EngineOptions, key: EngineKey? = nil) throws {
    let connection = EngineConnection(options, key: key)
    let traits = try EngineCheck(connection: connection, settings: settings).traits()
    let served = min(settings.maximumLength, traits.length ?? settings.maximumLength)
    self.connection = connection
    self.traits = traits
    self.settings = settings
    maximumLength = max(1, (options.length ?? served) - 2)
    var remarks = traits.remarks
    if options.length == nil, served < settings.maximumLength {
      remarks.append("the server looks at \(served) tokens, of the model's \(settings.maximumLength)")
    }
    if !traits.takesTokens {
      remarks.append("the server takes no lists of tokens; prompts are put as text")
    }
    self.remarks = remarks
  }

  /// Text to tokens and back.
  public var tokenizer: any TextTokenizer { settings.tokenizer }
  /// The begin token, else the end token.
  public var prefixToken: Int? { settings.prefixToken }
  /// The tokens that end a generation.
  public var endTokens: Set<Int> { settings.endTokens }
  /// The model's own way to write a conversation, if it was read.
  public var chatTemplate: ChatTemplate? { settings.chatTemplate }

  // MARK: Asking

  /// The most prompts of one request: enough for the server to compute them together.
  private static let promptsPerRequest = 16
  /// The most tokens of a request with several prompts.
  private static let tokensPerRequest = 8192

  /// Parts a list of prompts, by their lengths, into requests.
  func requests(lengths: [Int]) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var start = 0
    var tokens = 0
    for (number, length) in lengths.enumerated() {
      let isFull = number - start >= (traits.takesSeveral ? Self.promptsPerRequest : 1)
      if number > start, isFull || tokens + length > Self.tokensPerRequest {
        ranges.append(start..<number)
        (start, tokens) = (number, 0)
      }
      tokens += length
    }
    if start < lengths.count { ranges.append(start..<lengths.count) }
    return ranges
  }

  /// A request to the server, and for how many prompts and tokens it is.
  struct Outgoing {
    var completion: CompletionRequest
    var prompts: [[Int]]
    /// What the messages call the prompts.
    var numbers: [Int]
  }

  /// Sends requests and hands over what the server makes of each.
  func ask(_ requests: [Outgoing], answered: (Int, CompletionResponse) throws -> Void) throws {
    func tokens(_ request: Outgoing) -> Int {
      request.prompts.reduce(0) { $0 + $1.count + request.completion.maximumNewTokens }
    }
    let messages = requests.map { request in
      EngineConnection.Request(
        path: "completions", body: request.completion.json, limit: CompletionResponse.limit(tokens: tokens(request)))
    }
    try connection.send(messages) { number, answer in
      let request = requests[number]
      guard answer.status == 200 else {
        throw failure(ServerMessage.text(status: answer.status, answer.body), request.numbers)
      }
      let response: CompletionResponse
      do throws(CompletionResponse.Fault) {
        response = try CompletionResponse(answer.body, prompts: request.prompts.count, tokens: tokens(request))
      } catch {
        throw failure(error.message, request.numbers)
      }
      let count = request.prompts.reduce(0) { $0 + $1.count }
      if let counted = response.promptTokens, counted != count {
        throw failure(
          "the server counts \(counted) tokens, the model's own tokenizer \(count); it reads texts otherwise",
          request.numbers)
      }
      try answered(number, response)
    }
  }

  /// Prompts as the server takes them.
  ///
  /// - Throws: an ``EngineError`` if one cannot be put as text.
  func written(_ prompts: [[Int]], numbers: [Int]) throws(EngineError) -> CompletionRequest.Prompts {
    let writer = PromptWriter(settings: settings, traits: traits)
    if let written = writer.prompts(prompts) { return written }
    let culprit = zip(prompts, numbers).first { writer.text(of: $0.0) == nil }?.1
    throw failure(
      "the tokens are not those of their text, and the server takes no lists of tokens", culprit.map { [$0] } ?? numbers
    )
  }

  /// An error about prompts, named as messages of other models name them.
  func failure(_ message: String, _ numbers: [Int]) -> EngineError {
    let others = numbers.count > 1 ? " and \(numbers.count - 1) more" : ""
    return connection.failure("prompt \((numbers.first ?? 0) + 1)\(others): \(message)")
  }
}
