internal import Datasets
internal import Documents
internal import Synchronization
internal import Templates

/// Renders the templates of a task; each is parsed once.
final class TaskTemplates: Sendable {
  private let parsed = Mutex<[String: Template]>([:])

  /// The text that a template makes of a document.
  func render(_ text: String, _ document: DataValue, at place: TaskPlace) throws(TaskError) -> String {
    // Most texts have nothing to fill in.
    guard text.utf8.contains(where: { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "\r") }) else { return text }
    do throws(TemplateError) {
      return try template(text).render((document.fields ?? []).map { ($0.name, TemplateValue($0.value)) })
    } catch {
      let position = error.position
      throw TaskError(
        at: place,
        "the template \(PrintableText.quoted(text)), line \(position.line), column \(position.column): \(error.message)",
        hint: error.hint)
    }
  }

  private func template(_ text: String) throws(TemplateError) -> Template {
    if let template = parsed.withLock({ $0[text] }) { return template }
    let template = try Template(text: text, name: "template", dialect: .task)
    parsed.withLock { $0[text] = template }
    return template
  }
}

extension TemplateValue {
  /// A value of a document.
  fileprivate init(_ value: DataValue) {
    switch value {
    case .null: self = .none
    case .bool(let flag): self = .bool(flag)
    case .integer(let number): self = .integer(number)
    case .number(let number): self = .float(number)
    case .text(let text): self = .string(text)
    case .list(let elements): self = .list(elements.map { TemplateValue($0) })
    case .record(let fields): self = .dictionary(fields.map { ($0.name, TemplateValue($0.value)) })
    }
  }
}
