/// One message of a conversation.
public struct ChatMessage: Hashable, Sendable {
  /// Who speaks: `system`, `user`, `assistant`.
  public var role: String
  /// What is said.
  public var content: String

  /// Makes a message.
  public init(role: String, content: String) {
    self.role = role
    self.content = content
  }

  /// A message of the user.
  public static func user(_ content: String) -> ChatMessage { ChatMessage(role: "user", content: content) }
  /// A message that sets the scene.
  public static func system(_ content: String) -> ChatMessage { ChatMessage(role: "system", content: content) }
}
