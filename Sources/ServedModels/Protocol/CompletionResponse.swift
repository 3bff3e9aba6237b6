internal import Documents
internal import Foundation

/// What a server's `completions` answered.
struct CompletionResponse {
  /// The continuation of one prompt.
  struct Choice {
    /// The new text, behind the prompt's own if that was to be echoed.
    var text: String
    /// Why the generation ended: `stop` or `length`.
    var finishReason: String?
    /// The tokens and what is known of them; nil if the server says nothing.
    var tokens: [Token]?
  }

  /// A token of an answer.
  struct Token {
    /// How it is spelt; `token_id:7` from servers that say which one it is.
    var spelling: String?
    /// Its log-probability; nil for the first token of a prompt.
    var logProbability: Double?
    /// The highest log-probability at its place, if the server says so.
    var best: Double?
    /// How the likeliest token of its place is spelt.
    var bestSpelling: String?

    /// The token's number, if the spelling is one.
    var number: Int? {
      guard let spelling, spelling.hasPrefix(Self.numberPrefix) else { return nil }
      return Int(spelling.dropFirst(Self.numberPrefix.count))
    }

    private static let numberPrefix = "token_id:"
  }

  /// The choices in the order of the prompts.
  var choices: [Choice]
  /// How many tokens all prompts have by the server's count.
  var promptTokens: Int?
  /// How many tokens were made.
  var newTokens: Int?

  /// What is wrong with an answer.
  struct Fault: Error {
    var message: String
  }

  /// The bytes of an answer to so many tokens, at the most: spellings and numbers with all their digits.
  static func limit(tokens: Int) -> Int { 256 << 10 + 1024 * tokens }
  /// The values of such an answer, at the most: a server may list ten tokens for each place.
  private static func valueLimit(tokens: Int) -> Int { 4096 + 48 * tokens }

  /// Reads an answer.
  ///
  /// - Parameters:
  ///   - prompts: how many prompts were sent.
  ///   - tokens: how many tokens they have, and may get.
  init(_ bytes: [UInt8], prompts: Int, tokens: Int) throws(Fault) {
    let root = try Self.object(bytes, valueLimit: Self.valueLimit(tokens: tokens))
    guard let list = root["choices"]?.array else { throw Fault(message: "there are no \"choices\"") }
    guard list.count == prompts else {
      throw Fault(message: "there are \(list.count) choices for \(prompts) prompts")
    }
    var ordered = [Choice?](repeating: nil, count: prompts)
    for (place, node) in list.enumerated() {
      let index = node["index"]?.int ?? place
      guard ordered.indices.contains(index), ordered[index] == nil else {
        throw Fault(message: "the index \(index) of a choice is that of another, or of no prompt")
      }
      ordered[index] = try Self.choice(node)
    }
    choices = ordered.compactMap(\.self)
    promptTokens = root["usage"]?["prompt_tokens"]?.int
    newTokens = root["usage"]?["completion_tokens"]?.int
  }

  /// A JSON object that has no more values than such an answer can have, so that reading it takes little memory.
  static func object(_ bytes: [UInt8], valueLimit: Int) throws(Fault) -> JSONNode {
    let marks = bytes.reduce(0) {
      $0 + ([UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "{")].contains($1) ? 1 : 0)
    }
    guard marks <= valueLimit else {
      throw Fault(message: "the answer has more values than one to this request can have")
    }
    let root: JSONNode
    do throws(JSONError) {
      root = try JSONParser.parse(bytes)
    } catch {
      throw Fault(
        message: "the answer is not JSON: \(error.description): \(PrintableText.quoted(beginning(of: bytes)))")
    }
    guard root.object != nil else { throw Fault(message: "the answer is \(root.kind), not an object") }
    return root
  }

  /// What an answer begins with, for messages.
  static func beginning(of bytes: [UInt8]) -> String { String(decoding: bytes.prefix(200), as: UTF8.self) }

  private static func choice(_ node: JSONNode) throws(Fault) -> Choice {
    guard let text = node["text"]?.string else { throw Fault(message: "a choice has no \"text\"") }
    var choice = Choice(text: text, finishReason: node["finish_reason"]?.string)
    guard let details = node["logprobs"], !details.isNull else { return choice }
    guard let values = details["token_logprobs"]?.array else {
      throw Fault(message: "\"logprobs\" has no list \"token_logprobs\"")
    }
    let spellings = details["tokens"]?.array
    let tops = details["top_logprobs"]?.array
    guard spellings.map({ $0.count == values.count }) ?? true, tops.map({ $0.count == values.count }) ?? true else {
      throw Fault(message: "the lists in \"logprobs\" have different lengths")
    }
    var tokens: [Token] = []
    for (place, value) in values.enumerated() {
      var token = Token(spelling: spellings?[place].string)
      if !value.isNull { token.logProbability = try logProbability(value) }
      if let tops { try read(tops[place], into: &token) }
      tokens.append(token)
    }
    choice.tokens = tokens
    return choice
  }

  /// Reads the likeliest tokens of a place: an object from spellings to log-probabilities.
  private static func read(_ node: JSONNode, into token: inout Token) throws(Fault) {
    guard let entries = node.object, !entries.isEmpty else { return }
    var total = 0.0
    for entry in entries {
      let value = try logProbability(entry.node)
      if value > token.best ?? -.infinity { (token.best, token.bestSpelling) = (value, entry.key) }
      total += exp(value)
    }
    // Numbers are float32 sums; a distribution that was cut down to few tokens adds up to one, never to more.
    guard total <= 1 + 1e-3 else {
      throw Fault(message: "the probabilities of the likeliest tokens of a place add up to \(total), more than 1")
    }
  }

  /// A log-probability: finite and not above zero.
  private static func logProbability(_ node: JSONNode) throws(Fault) -> Double {
    guard let value = node.double, value.isFinite else {
      let found = if case .number(let digits) = node.value { PrintableText.of(digits, limit: 20) } else { node.kind }
      throw Fault(message: "a log-probability is \(found), not a finite number")
    }
    // Float32 can round a probability of nearly one to a little more.
    guard value <= 1e-4 else { throw Fault(message: "a log-probability is \(value), above zero") }
    return value
  }
}
