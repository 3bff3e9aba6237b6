/// What vectors of texts are judged by.
public struct EmbeddingPrompt: Hashable, Sendable {
  /// What is asked.
  public enum Content: Hashable, Sendable {
    /// Two texts, and how alike people find them, on any scale.
    case similarity(String, String, score: Double)
    /// A query and the documents that answer it; it ranks all documents that its task names.
    case retrieval(query: String, positives: [String], negatives: [String])
    /// A text, and one that is closer to it than the other.
    case pair(anchor: String, positive: String, negative: String)

    /// The texts, in order.
    public var texts: [String] {
      switch self {
      case .similarity(let a, let b, _): [a, b]
      case .retrieval(let query, let positives, let negatives): [query] + positives + negatives
      case .pair(let anchor, let positive, let negative): [anchor, positive, negative]
      }
    }

    var kind: Kind {
      switch self {
      case .similarity: .similarity
      case .retrieval: .retrieval
      case .pair: .pair
      }
    }
  }

  /// The kinds of prompts.
  enum Kind: String, CaseIterable {
    case similarity
    case retrieval
    case pair

    /// The keys of a line of this kind, beside `id` and `task`.
    var keys: [String] {
      switch self {
      case .similarity: ["text_a", "text_b", "score"]
      case .retrieval: ["query", "positives", "negatives"]
      case .pair: ["anchor", "positive", "negative"]
      }
    }

    /// Keys that a line may leave out.
    var optionalKeys: Set<String> { self == .retrieval ? ["negatives"] : [] }
    /// The key that tells the kind.
    var mark: String { self == .retrieval ? "positives" : keys[0] }
    /// An example of a line.
    var pattern: String { "{" + (["id", "task"] + keys).map { "\"\($0)\"" }.joined(separator: ", ") + "}" }
  }

  /// The name of the prompt, unique within its task.
  public var id: String
  /// The task that the prompt belongs to.
  public var task: String
  /// What is asked.
  public var content: Content

  /// Makes a prompt.
  public init(id: String, task: String, content: Content) {
    self.id = id
    self.task = task
    self.content = content
  }
}
