/// How prompts are put as conversations.
public struct ChatStyle: Hashable, Sendable {
  /// Whether prompts go through the model's chat template.
  public var usesTemplate: Bool
  /// Whether every example is a question and an answer of its own, rather than all one message.
  public var isMultiTurn: Bool
  /// What stands before everything else, in front of the task's description.
  public var systemInstruction: String?

  /// Makes a style; without anything, prompts are plain text.
  public init(usesTemplate: Bool = false, isMultiTurn: Bool = true, systemInstruction: String? = nil) {
    self.usesTemplate = usesTemplate
    self.isMultiTurn = isMultiTurn
    self.systemInstruction = systemInstruction
  }
}

/// A prompt as a conversation, before a model's template makes a text of it.
public struct Conversation: Hashable, Sendable {
  /// One message.
  public struct Message: Hashable, Sendable {
    /// Who speaks: `system`, `user` or `assistant`.
    public var role: String
    /// What is said.
    public var content: String
  }

  /// The messages, in order.
  public var messages: [Message]
  /// Whether the last message is the beginning of the model's own reply, to be gone on with, rather than a question.
  public var continuesReply: Bool

  /// The conversation of some turns.
  ///
  /// In a single turn, all that comes before the beginning of the reply is one message of the user, with the
  /// delimiters of plain text between examples. Source: lm-evaluation-harness 0.4.13, `multiturn_to_singleturn`.
  init(_ turns: [Turn], style: ChatStyle) {
    continuesReply = turns.last?.role == .assistant
    guard !style.isMultiTurn, !turns.isEmpty else {
      messages = turns.map { Message(role: $0.role.rawValue, content: $0.content) }
      return
    }
    var rest = turns[...]
    var messages: [Message] = []
    if let system = rest.first, system.role == .system {
      messages.append(Message(role: system.role.rawValue, content: system.content))
      rest = rest.dropFirst()
    }
    let reply = rest.last.flatMap { $0.role == .assistant ? $0 : nil }
    var asked = Array(reply == nil ? rest : rest.dropLast())
    if let last = asked.indices.last { asked[last].delimiter = "" }
    messages.append(Message(role: Turn.Role.user.rawValue, content: Turn.text(asked)))
    if let reply { messages.append(Message(role: reply.role.rawValue, content: reply.content)) }
    self.messages = messages
  }
}
