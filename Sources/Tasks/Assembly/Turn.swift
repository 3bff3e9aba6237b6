internal import Documents

/// One message of a prompt, which is written as plain text or handed to a chat template.
struct Turn: Hashable, Sendable {
  enum Role: String, Sendable {
    case system
    case user
    case assistant
  }

  var role: Role
  var content: String
  /// What follows the content in plain text.
  var delimiter = ""

  /// The turns as plain text.
  static func text(_ turns: [Turn]) -> String { turns.map { $0.content + $0.delimiter }.joined() }

  /// Two texts with a delimiter between them, unless one is empty or there is white space at the border already.
  static func joined(_ head: String?, _ tail: String?, delimiter: String) -> String {
    guard let head, !head.isEmpty else { return tail ?? "" }
    guard let tail, !tail.isEmpty else { return head }
    return PythonString.endsWithBlank(head) || PythonString.beginsWithBlank(tail)
      ? head + tail : head + delimiter + tail
  }
}
