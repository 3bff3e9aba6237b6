public import LanguageModels
public import Templates

/// How prompts become conversations, which the model's own chat template writes.
public struct ChatOptions: Hashable, Sendable {
  /// What the system says first.
  public var system: String?
  /// The moment that templates take for now.
  public var clock: TemplateClock

  /// Makes options.
  public init(system: String? = nil, clock: TemplateClock = ChatTemplate.standardClock) {
    self.system = system
    self.clock = clock
  }

  /// A conversation with what the system says before it, joined with what it says already by a blank line.
  func conversation(_ messages: [ChatMessage]) -> [ChatMessage] {
    guard let system, !system.isEmpty else { return messages }
    guard let first = messages.first, first.role == "system" else { return [.system(system)] + messages }
    return [.system(system + "\n\n" + first.content)] + messages.dropFirst()
  }
}

extension Evaluator.Options {
  /// The options beside the standard ones that scores depend on, as the command line has them.
  public var words: [String] {
    guard let chat else { return [] }
    return ["--chat"] + (chat.system.map { ["--system \($0)"] } ?? [])
  }
}

extension ChatTemplate {
  /// A short name for the template's text.
  public var digest: String {
    var hash = FNV1a()
    hash.combine(Array(text.utf8))
    return hash.text
  }
}

extension ScoreRecord {
  /// Notes by which chat template the prompts were put to each model.
  public mutating func note(chatTemplates digests: [String: String]) {
    for index in models.indices { models[index].chatTemplate = digests[models[index].model] }
  }
}
