internal import Documents

/// What is asked of a server's `completions`.
struct CompletionRequest {
  /// Prompts, all of one kind.
  enum Prompts {
    case tokens([[Int]])
    case texts([String])
  }

  /// What the server calls the model.
  var model: String
  /// What stands before the new tokens.
  var prompts: Prompts
  /// The most new tokens.
  var maximumNewTokens = 1
  /// Whether the prompts' own tokens and their log-probabilities are wanted.
  var echoes = true
  /// Whether log-probabilities are wanted.
  var asksForLogProbabilities = true
  /// Texts that end a generation.
  var stops: [String] = []
  /// Whether settings are sent that OpenAI's protocol does not have; servers that do not know them may refuse them.
  var hasExtensions = false

  /// The most stops that the protocol allows.
  static let mostStops = 4

  /// The request as JSON.
  var json: String {
    var members: [(key: String, value: JSONValue)] = [("model", .string(model))]
    switch prompts {
    // One prompt goes alone: some servers know no lists of prompts.
    case .tokens(let lists):
      let values = lists.map { JSONValue.array($0.map(JSONValue.integer)) }
      members.append(("prompt", values.count == 1 ? values[0] : .array(values)))
    case .texts(let texts):
      let values = texts.map(JSONValue.string)
      members.append(("prompt", values.count == 1 ? values[0] : .array(values)))
    }
    members += [("max_tokens", .integer(maximumNewTokens)), ("temperature", .integer(0))]
    if asksForLogProbabilities { members.append(("logprobs", .integer(1))) }
    if echoes { members.append(("echo", .bool(true))) }
    if !stops.isEmpty { members.append(("stop", .array(stops.prefix(Self.mostStops).map(JSONValue.string)))) }
    if hasExtensions {
      // vLLM's: tokens by number, so that two that look alike are told apart, and no penalty that the model's
      // generation_config.json would ask for.
      members += [("return_tokens_as_token_ids", .bool(true)), ("repetition_penalty", .number(1))]
    }
    return JSONValue.object(members).line
  }
}
