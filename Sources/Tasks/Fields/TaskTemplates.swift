internal import Datasets
internal import Documents

/// Renders the templates of a task.
struct TaskTemplates: Sendable {
  func render(_ text: String, _ document: DataValue, at place: TaskPlace) throws(TaskError) -> String {
    var result = ""
    var rest = text[...]
    while let open = rest.firstRange(of: "{{") {
      guard let close = rest[open.upperBound...].firstRange(of: "}}") else { break }
      result += rest[..<open.lowerBound]
      let name = PythonText.stripped(String(rest[open.upperBound..<close.lowerBound]))
      guard let value = document[name] else {
        throw TaskError(at: place, "the template asks for \"\(name)\", which the document does not have")
      }
      result += PythonText.of(value)
      rest = rest[close.upperBound...]
    }
    return result + rest
  }
}
