public import Documents
internal import Templates

/// What is wrong with a chat template, and where.
public struct TemplateFault: Error, Equatable, Sendable {
  /// What is wrong and what was expected.
  public var message: String
  /// The place in the template.
  public var position: SourcePosition
}

extension ChatTemplate {
  /// The first fault that keeps a text from being a template in Jinja, or nil.
  public static func fault(in template: String) -> TemplateFault? {
    do throws(TemplateError) {
      _ = try Template(text: template, name: "chat_template", dialect: .chat)
      return nil
    } catch {
      return TemplateFault(
        message: error.message + (error.hint.map { " (\($0))" } ?? ""), position: error.position)
    }
  }
}

/// White space around templates.
enum TemplateText {
  static func trimmed(_ text: String) -> String {
    var rest = Substring(text)
    while let first = rest.first, first.isWhitespace { rest.removeFirst() }
    while let last = rest.last, last.isWhitespace { rest.removeLast() }
    return String(rest)
  }
}
