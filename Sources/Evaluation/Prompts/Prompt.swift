/// A held-out prompt: a question with a known answer, or a text whose likelihood is asked for.
public struct Prompt: Hashable, Sendable {
  /// What is asked of the model; the kinds are told apart by their keys in the file.
  public enum Content: Hashable, Sendable {
    /// The most likely of several continuations is the model's answer; `gold` is the index of the right one.
    ///
    /// Nothing is put between query and choice: choices bring their own leading blank.
    case choice(query: String, choices: [String], gold: Int)
    /// The model continues the prompt greedily.
    case generation(prompt: String, target: String)
    /// The likelihood of the whole text is measured.
    case text(String)
    /// A task asks about one of its documents; its own metrics judge the responses.
    case document(DocumentPrompt)
  }

  /// The name of the prompt, unique within its task.
  public var id: String
  /// The task that the prompt belongs to; scores are given for each task.
  public var task: String
  /// What is asked.
  public var content: Content

  /// Makes a prompt.
  public init(id: String, task: String, content: Content) {
    self.id = id
    self.task = task
    self.content = content
  }

  /// What kind of prompt this is.
  public var kind: PromptKind {
    switch content {
    case .choice: .choice
    case .generation: .generation
    case .text: .text
    case .document: .document
    }
  }
}

/// The kinds of prompts.
public enum PromptKind: String, Hashable, Sendable {
  case choice
  case generation
  case text
  /// A document of a task; files of prompts have none.
  case document

  /// The kinds that a line of a prompt file can be of.
  public static let ofLines: [PromptKind] = [.choice, .generation, .text]

  /// The keys of a line of this kind that say so, in their usual order.
  public var keys: [String] {
    switch self {
    case .choice: ["query", "choices", "gold"]
    case .generation: ["prompt", "target"]
    case .text: ["text"]
    case .document: []
    }
  }

  /// The kind in the words of an error message.
  package var words: String {
    switch self {
    case .choice: "multiple choice"
    case .generation: "generation"
    case .text: "text"
    case .document: "document"
    }
  }

  /// An example of a line of this kind.
  package var pattern: String {
    "{" + (["id", "task"] + keys).map { "\"\($0)\"" }.joined(separator: ", ") + "}"
  }
}
