internal import Documents

/// Writes values as Python prints them.
struct PythonText {
  private(set) var text = ""
  private let limit: Int

  init(limit: Int) { self.limit = limit }

  /// The text as `str(value)` gives it.
  static func text(of value: TemplateValue) -> String {
    var writer = PythonText(limit: .max)
    do throws(Fault) { try writer.write(value) } catch { return writer.text }
    return writer.text
  }

  /// The text as `repr(value)` gives it, cut where it would be endless.
  static func representation(of value: TemplateValue) -> String {
    var writer = PythonText(limit: 1000)
    do throws(Fault) { try writer.writeRepresentation(value) } catch { return writer.text + "…" }
    return writer.text
  }

  /// Writes a value as `str` does: texts as they are, nothing for what is not defined.
  mutating func write(_ value: TemplateValue) throws(Fault) {
    switch value {
    case .undefined: break
    case .string(let text), .safe(let text): self.text += text
    default: try writeRepresentation(value)
    }
  }

  /// Writes a value as `repr` does.
  mutating func writeRepresentation(_ value: TemplateValue) throws(Fault) {
    guard text.utf8.count <= limit else { throw Fault("a text is longer than \(limit) bytes", kind: .limit) }
    switch value {
    case .undefined: text += "Undefined"
    case .none: text += "None"
    case .bool(let flag): text += flag ? "True" : "False"
    case .integer(let number): text += String(number)
    case .float(let number): text += PythonString.spelling(of: number)
    case .string(let string): text += PythonString.quoted(string)
    case .safe(let string):
      text += "Markup("
      text += PythonString.quoted(string)
      text += ")"
    case .list(let elements): try write(elements, "[", "]")
    case .tuple(let elements): try write(elements, "(", elements.count == 1 ? ",)" : ")")
    case .dictionary(let dictionary):
      text += "{"
      for (place, entry) in dictionary.entries.enumerated() {
        if place > 0 { text += ", " }
        try writeRepresentation(entry.key)
        text += ": "
        try writeRepresentation(entry.value)
      }
      text += "}"
    case .range(let range):
      text += "range(\(range.start), \(range.stop)" + (range.step == 1 ? ")" : ", \(range.step))")
    case .sequence(.generator, _):
      throw Fault("a filter's result is printed as it is, which shows no values", hint: "add \"| list\"")
    case .sequence(let kind, let elements):
      text += kind.rawValue
      try write(elements, "([", "])")
    case .callable: throw Fault("a function is printed", hint: "call it with \"()\"")
    case .object(let object): text += "<\(object.kind.rawValue)>"
    }
  }

  private mutating func write(_ elements: [TemplateValue], _ open: String, _ close: String) throws(Fault) {
    text += open
    for (place, element) in elements.enumerated() {
      if place > 0 { text += ", " }
      try writeRepresentation(element)
    }
    text += close
  }
}
