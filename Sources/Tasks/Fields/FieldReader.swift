internal import Datasets
internal import Documents

/// Makes texts, targets and choices of a task's documents, by the harness's rules.
///
/// A text that is a column's name stands for the column's value as it is; any other text is a template. A rendered
/// target of nothing but digits is a place among the choices, if there are choices, and one in brackets is read as a
/// Python list. Source: lm-evaluation-harness 0.4.13, `ConfigurableTask.doc_to_text`, `doc_to_target`, `doc_to_choice`.
struct FieldReader {
  let task: TaskConfiguration
  let columns: Set<String>
  let templates: TaskTemplates

  /// What stands before the answer; a whole number for tasks whose choices are contexts.
  func text(_ document: DataValue, by field: TaskConfiguration.Field? = nil) throws(TaskError) -> DataValue {
    guard let field = field ?? task.text else { return .text("") }
    if case .hook(let hook, _) = field { return hook.value("doc_to_text", document) }
    guard case .text(let text, let place) = field else { return Self.constant(field) }
    if columns.contains(text) { return document[text] ?? .null }
    let rendered = try templates.render(text, document, at: place)
    return task.choice == nil ? .text(rendered) : Self.place(rendered) ?? .text(rendered)
  }

  /// The answer: a text, a place among the choices, or a list of either.
  func target(_ document: DataValue, by field: TaskConfiguration.Field? = nil) throws(TaskError) -> DataValue {
    guard let field = field ?? task.target else { return .text("") }
    if case .hook(let hook, _) = field { return hook.value("doc_to_target", document) }
    guard case .text(let text, let place) = field else { return Self.constant(field) }
    if columns.contains(text) { return document[text] ?? .null }
    let rendered = try templates.render(text, document, at: place)
    if task.choice != nil, let place = Self.place(rendered) { return place }
    if rendered.hasPrefix("["), rendered.hasSuffix("]"), rendered.utf8.count >= 2 {
      return PythonLiteral.value(rendered) ?? .text(rendered)
    }
    return .text(rendered)
  }

  /// The choices, or nil if the task has none.
  func choices(_ document: DataValue, by field: TaskConfiguration.Field? = nil) throws(TaskError) -> [String]? {
    guard let field = field ?? task.choice else { return nil }
    let value: DataValue
    switch field {
    case .hook(let hook, _): value = hook.value("doc_to_choice", document)
    case .list(let elements): value = .list(elements)
    case .integer(let number): value = .integer(number)
    case .text(let text, let place):
      if columns.contains(text) {
        value = document[text] ?? .null
      } else {
        let rendered = try templates.render(text, document, at: place)
        guard let literal = PythonLiteral.value(rendered) else {
          throw TaskError(at: place, "the choices are not a list, but \(PrintableText.quoted(rendered))")
        }
        value = literal
      }
    }
    guard let elements = value.list, !elements.isEmpty else {
      let message = "the choices must be a list, found \(value.kind)"
      guard let place = field.place else { throw TaskError(at: task.place, message) }
      throw TaskError(at: place, message)
    }
    return elements.map(PythonText.of)
  }

  /// A text of the task itself: a column's value or a rendered template.
  func plain(_ field: TaskConfiguration.Field?, _ document: DataValue) throws(TaskError) -> String? {
    guard let field, case .text(let text, let place) = field, !text.isEmpty else { return nil }
    if let value = document[text] { return PythonText.of(value) }
    return try templates.render(text, document, at: place)
  }

  private static func constant(_ field: TaskConfiguration.Field) -> DataValue {
    switch field {
    case .integer(let number): .integer(number)
    case .list(let elements): .list(elements)
    case .text(let text, _): .text(text)
    case .hook: .null
    }
  }

  /// Digits as a place among the choices.
  private static func place(_ text: String) -> DataValue? {
    guard PythonString.all(text, \.isDigit), let number = Int(text) else { return nil }
    // `literal_eval` refuses leading zeros; nobody counts choices that way.
    return .integer(number)
  }
}
