internal import Documents

/// A language model as a ``CompletionServer`` asks it.
public protocol CompletionSource: Sendable {
  /// The begin token.
  var begin: Int { get }
  /// The tokens that end a generation.
  var ends: Set<Int> { get }
  /// The tokens of a text, without a begin token that is not spelt in it.
  func tokens(of text: String) throws -> [Int]
  /// The text of tokens, special ones included.
  func text(of tokens: [Int]) -> String
  /// The log-probability of a token behind others.
  func logProbability(of token: Int, behind tokens: [Int]) throws -> Double
  /// The likeliest token behind others.
  func best(behind tokens: [Int]) throws -> Int
}

/// Serves a language model as OpenAI's `completions`, in one of the dialects that real servers have.
public struct CompletionServer: Sendable {
  /// In what real servers differ, and what broken ones get wrong.
  public struct Dialect: Sendable {
    /// Whether prompts may be lists of tokens.
    public var takesTokens = true
    /// Whether a request may hold several prompts.
    public var takesSeveral = true
    /// Whether a begin token is put in front of a text.
    public var addsBegin = true
    /// Whether the begin token is missing in lists.
    public var leavesOutBegin = false
    /// Whether tokens may be spelt by number.
    public var namesNumbers = false
    /// Whether settings beyond the protocol are an error.
    public var refusesExtensions = false
    /// Whether tokens are counted.
    public var counts = true
    /// Whether the likeliest tokens are told.
    public var tellsBest = true
    /// Whether a prompt's tokens are given back.
    public var echoes = true
    /// Whether log-probabilities are told at all.
    public var tellsLogProbabilities = true
    /// How many places the numbers of a prompt are off.
    public var shift = 0
    /// What is added to every log-probability.
    public var offset = 0.0
    /// The longest sequence, if the server says so.
    public var length: Int?
    /// The names of the models that are listed.
    public var models = ["served"]

    /// The dialect of vLLM.
    public init() {}
  }

  private let source: any CompletionSource
  /// How it speaks.
  public var dialect: Dialect

  /// Serves a model.
  public init(_ source: any CompletionSource, _ dialect: Dialect = Dialect()) {
    self.source = source
    self.dialect = dialect
  }

  /// Starts a server that does nothing else.
  public func start() throws -> LocalServer { try LocalServer { self.reply(to: $0) } }

  private struct Refusal: Error {
    var message: String
  }

  /// The reply to a request.
  public func reply(to request: LocalServer.Request) -> LocalServer.Reply {
    do {
      switch (request.method, request.path) {
      case ("GET", "/v1/models"):
        let models = dialect.models.map { name in
          JSONValue.object(
            [("id", .string(name))] + (dialect.length.map { [("max_model_len", .integer($0))] } ?? []))
        }
        return .json(JSONValue.object([("data", .array(models))]).line)
      case ("POST", "/v1/completions"): return .json(try completions(JSONParser.parse(request.body)).line)
      default: return .json("{\"detail\": \"Not Found\"}", status: 404)
      }
    } catch {
      let message = (error as? Refusal)?.message ?? String(describing: error)
      return .json(JSONValue.object([("error", .object([("message", .string(message))]))]).line, status: 400)
    }
  }

  private func completions(_ request: JSONNode) throws -> JSONValue {
    guard dialect.models.contains(request["model"]?.string ?? "") else { throw Refusal(message: "no such model") }
    if dialect.refusesExtensions, request["return_tokens_as_token_ids"] != nil {
      throw Refusal(message: "unrecognized request argument")
    }
    let prompts = try prompts(request["prompt"])
    let choices = try prompts.enumerated().map { try choice($1, request, index: $0) }
    var members: [(key: String, value: JSONValue)] = [
      ("object", .string("text_completion")),
      // Servers need not keep the order.
      ("choices", .array(choices.reversed().map(\.json))),
    ]
    if dialect.counts {
      members.append(
        (
          "usage",
          .object([
            ("prompt_tokens", .integer(prompts.reduce(0) { $0 + $1.count })),
            ("completion_tokens", .integer(choices.reduce(0) { $0 + $1.newTokens })),
          ])
        ))
    }
    return .object(members)
  }

  private func prompts(_ node: JSONNode?) throws -> [[Int]] {
    let list = node?.array ?? node.map { [$0] } ?? []
    let isOne = list.allSatisfy { $0.int != nil }
    guard dialect.takesTokens || !list.contains(where: { $0.string == nil }) else {
      throw Refusal(message: "Input should be a valid string")
    }
    let prompts = try isOne ? [list.compactMap(\.int)] : list.map { try tokens(of: $0) }
    guard dialect.takesSeveral || prompts.count == 1 else { throw Refusal(message: "one prompt at a time") }
    return prompts
  }

  private func tokens(of node: JSONNode) throws -> [Int] {
    if let tokens = node.array { return tokens.compactMap(\.int) }
    return (dialect.addsBegin ? [source.begin] : []) + (try source.tokens(of: node.string ?? ""))
  }

  private func choice(
    _ prompt: [Int], _ request: JSONNode, index: Int
  ) throws -> (json: JSONValue, newTokens: Int) {
    let most = request["max_tokens"]?.int ?? 16
    let stops = request["stop"]?.array?.compactMap(\.string) ?? []
    var made: [Int] = []
    var text = ""
    var reason = "length"
    if prompt.count + most > dialect.length ?? .max { throw Refusal(message: "the context is too long") }
    while made.count < most, reason == "length" {
      let token = try source.best(behind: prompt + made)
      made.append(token)
      if source.ends.contains(token) {
        reason = "stop"
      } else {
        text = source.text(of: made)
        for stop in stops {
          guard let range = text.firstRange(of: stop) else { continue }
          text = String(text[..<range.lowerBound])
          reason = "stop"
        }
      }
    }
    let echoes = dialect.echoes && request["echo"]?.bool == true
    var members: [(key: String, value: JSONValue)] = [
      ("text", .string(echoes ? source.text(of: prompt) + text : text)), ("index", .integer(index)),
      ("finish_reason", .string(reason)),
    ]
    if dialect.tellsLogProbabilities, request["logprobs"]?.int != nil {
      let names = dialect.namesNumbers && request["return_tokens_as_token_ids"]?.bool == true
      members.append(("logprobs", try details(of: prompt + made, from: echoes ? 0 : prompt.count, names: names)))
    } else {
      members.append(("logprobs", .null))
    }
    return (.object(members), made.count)
  }

  /// What is told of tokens from one place on.
  private func details(of tokens: [Int], from start: Int, names: Bool) throws -> JSONValue {
    func spelling(_ token: Int) -> String { names ? "token_id:\(token)" : source.text(of: [token]) }
    var (spellings, values, tops): ([JSONValue], [JSONValue], [JSONValue]) = ([], [], [])
    let first = start == 0 && dialect.leavesOutBegin && tokens.first == source.begin ? 1 : start
    for place in first..<tokens.count {
      let shifted = start == 0 ? min(place + dialect.shift, tokens.count) : place
      spellings.append(.string(spelling(tokens[place])))
      guard shifted > 0, place > first || start > 0 else {
        values.append(.null)
        tops.append(.null)
        continue
      }
      let before = Array(tokens[..<shifted])
      let value = try source.logProbability(of: tokens[place], behind: before) + dialect.offset
      let best = try source.best(behind: before)
      values.append(.number(value))
      var top = [
        (spelling(best), JSONValue.number(try source.logProbability(of: best, behind: before) + dialect.offset))
      ]
      if best != tokens[place] { top.append((spelling(tokens[place]), .number(value))) }
      tops.append(.object(top))
    }
    return .object(
      [("tokens", .array(spellings)), ("token_logprobs", .array(values))]
        + (dialect.tellsBest ? [("top_logprobs", .array(tops))] : []))
  }
}
