/// What keeps a model from being scored on a prompt.
public enum EvaluationError: Error, Equatable, CustomStringConvertible {
  /// The tokenizer has neither a begin nor an end token to stand before a text without context.
  case noPrefixToken
  /// The tokenizer makes no tokens of a text that is to be scored.
  case noTokens
  /// A continuation is longer than what the model can look at.
  case continuationTooLong(tokens: Int, length: Int)
  /// There is no room for a prompt beside the new tokens.
  case noRoomForPrompt(newTokens: Int, length: Int)
  /// A log-likelihood is not a number, or not finite.
  case notFinite(Double)
  /// Prompts are to be put as conversations, but the model has no chat template.
  case noChatTemplate
  /// The model's chat template cannot be rendered.
  case chatTemplate(String)
  /// A model answered fewer requests than it was given.
  case unanswered(requests: Int, answers: Int)
  /// Something went wrong with a certain prompt.
  indirect case prompt(task: String, id: String, EvaluationError)

  /// The error as one line.
  public var description: String {
    switch self {
    case .noPrefixToken:
      "the tokenizer has neither a begin token nor an end token to put before a text without context"
    case .noTokens: "the tokenizer makes no tokens of the text to be scored"
    case .continuationTooLong(let tokens, let length):
      "the continuation has \(tokens) tokens, more than the \(length) that the model can look at"
    case .noRoomForPrompt(let newTokens, let length):
      "\(newTokens) new tokens leave no room for a prompt in the \(length) tokens that the model can look at; "
        + "lower --max-new-tokens"
    case .notFinite(let value): "the log-likelihood is \(value); the model's weights are broken"
    case .noChatTemplate:
      "the model has no chat template: neither chat_template.jinja nor \"chat_template\" in tokenizer_config.json"
    case .chatTemplate(let message): "the chat template: \(message)"
    case .unanswered(let requests, let answers): "the model answered \(answers) of \(requests) requests"
    case .prompt(let task, let id, let error): "prompt \(id) of task \(task): \(error)"
    }
  }
}
