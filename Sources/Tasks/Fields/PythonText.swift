package import Datasets
internal import Documents

/// Values as Python writes them: the harness makes texts of values with `str`, `repr` and `json.dumps`.
package enum PythonText {
  /// `str(value)`.
  package static func of(_ value: DataValue) -> String {
    if case .text(let text) = value { return text }
    return spelling(of: value)
  }

  /// `repr(value)`.
  package static func spelling(of value: DataValue) -> String {
    switch value {
    case .null: "None"
    case .bool(let flag): flag ? "True" : "False"
    case .integer(let number): String(number)
    case .number(let number): PythonString.spelling(of: number)
    case .text(let text): PythonString.quoted(text)
    case .list(let elements): "[" + elements.map(spelling).joined(separator: ", ") + "]"
    case .record(let fields):
      "{" + fields.map { PythonString.quoted($0.name) + ": " + spelling(of: $0.value) }.joined(separator: ", ") + "}"
    }
  }

  /// `json.dumps(value, indent=2, ensure_ascii=False)`.
  package static func json(_ value: DataValue, indent: Int = 0) -> String {
    let lead = "\n" + String(repeating: " ", count: indent + 2)
    let end = "\n" + String(repeating: " ", count: indent)
    switch value {
    case .null: return "null"
    case .bool(let flag): return flag ? "true" : "false"
    case .integer(let number): return String(number)
    case .number(let number):
      if number.isNaN { return "NaN" }
      if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
      return PythonString.spelling(of: number)
    case .text(let text): return JSONEdit.quote(text)
    case .list(let elements):
      if elements.isEmpty { return "[]" }
      return "[" + elements.map { lead + json($0, indent: indent + 2) }.joined(separator: ",") + end + "]"
    case .record(let fields):
      if fields.isEmpty { return "{}" }
      let members = fields.map { lead + JSONEdit.quote($0.name) + ": " + json($0.value, indent: indent + 2) }
      return "{" + members.joined(separator: ",") + end + "}"
    }
  }
}
