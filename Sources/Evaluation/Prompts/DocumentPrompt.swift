/// What a task asks about one of its documents, and what a right answer is.
///
/// Where a line of a prompt file asks one thing, a document of a task can ask several: a likelihood for every choice,
/// once more without the context, or with a context of its own. The task's metrics judge the responses together.
public struct DocumentPrompt: Hashable, Sendable {
  /// One thing that is asked of the model.
  public enum Request: Hashable, Sendable {
    /// The likelihood of a continuation after a context, which may be empty.
    case likelihood(context: String, continuation: String)
    /// The likelihood of a whole text.
    case text(String)
    /// A greedy continuation that ends where one of the texts in `until` appears.
    case generation(context: String, until: [String], maximumNewTokens: Int)

    /// The context, or the text itself.
    public var context: String {
      switch self {
      case .likelihood(let context, _), .generation(let context, _, _): context
      case .text(let text): text
      }
    }

    /// Puts another context in front; a whole text has none.
    package mutating func setContext(_ context: String) {
      switch self {
      case .likelihood(_, let continuation): self = .likelihood(context: context, continuation: continuation)
      case .generation(_, let until, let limit):
        self = .generation(context: context, until: until, maximumNewTokens: limit)
      case .text: break
      }
    }
  }

  /// What the responses are compared with.
  public enum Reference: Hashable, Sendable {
    /// Choices and the places of the right ones; the first requests are for the choices, in this order.
    case choices([String], gold: Gold)
    /// A target whose likelihood is asked for.
    case target(String)
    /// A text with the words and bytes that its likelihood is divided by.
    case text(words: Int, bytes: Int)
    /// The texts that count as right; several if the task allows several.
    case texts([String], allowsSeveral: Bool)
  }

  /// Which choices are right.
  public enum Gold: Hashable, Sendable {
    /// One choice; nil if the document names none of the choices.
    case one(Int?)
    /// Any of these; nil for a place that is none of the choices.
    case anyOf([Int?])
  }

  /// What is asked, in order.
  public var requests: [Request]
  /// What the responses are compared with.
  public var reference: Reference
  /// The document as JSON on one line; metrics and filters of the task may look into it.
  public var document: String

  /// Makes a prompt.
  public init(requests: [Request], reference: Reference, document: String) {
    self.requests = requests
    self.reference = reference
    self.document = document
  }

  /// Takes what the prompt consists of into a hash.
  func combine(into hash: inout FNV1a) {
    for request in requests {
      switch request {
      case .likelihood(let context, let continuation):
        for field in ["likelihood", context, continuation] { hash.combine(field: field) }
      case .text(let text): for field in ["text", text] { hash.combine(field: field) }
      case .generation(let context, let until, let limit):
        for field in ["generation", context, String(limit)] + until { hash.combine(field: field) }
      }
    }
    hash.combine(field: "\(reference)")
    hash.combine(field: document)
  }
}
