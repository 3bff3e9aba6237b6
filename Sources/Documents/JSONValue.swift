/// JSON to be written: members keep their order, and doubles are spelt with the fewest digits that read back as the
/// same value, so that equal records are equal bytes.
public indirect enum JSONValue: Sendable {
  case null
  case bool(Bool)
  case integer(Int)
  /// A number; what is not finite has no spelling in JSON and becomes `null`.
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([(key: String, value: JSONValue)])

  /// The value on one line, as JSON Lines wants it.
  public var line: String {
    var text = ""
    write(into: &text, indent: nil)
    return text
  }

  /// The value over several lines, two blanks deeper for each level; arrays of plain values stay on one line.
  public var pretty: String {
    var text = ""
    write(into: &text, indent: 0)
    return text + "\n"
  }

  private var isPlain: Bool {
    switch self {
    case .array, .object: false
    default: true
    }
  }

  private func write(into text: inout String, indent: Int?) {
    switch self {
    case .null: text += "null"
    case .bool(let flag): text += flag ? "true" : "false"
    case .integer(let number): text += String(number)
    case .number(let number): text += number.isFinite ? number.description : "null"
    case .string(let string): text += JSONEdit.quote(string)
    case .array(let elements):
      let inner = elements.allSatisfy(\.isPlain) ? nil : indent.map { $0 + 2 }
      Self.write("[", elements, "]", into: &text, indent: inner) { $0.write(into: &$1, indent: inner) }
    case .object(let members):
      let inner = members.isEmpty ? nil : indent.map { $0 + 2 }
      Self.write("{", members, "}", into: &text, indent: inner) { member, text in
        text += JSONEdit.quote(member.key) + ": "
        member.value.write(into: &text, indent: inner)
      }
    }
  }

  private static func write<Element>(
    _ open: String, _ elements: [Element], _ close: String, into text: inout String, indent: Int?,
    element: (Element, inout String) -> Void
  ) {
    let lead = indent.map { "\n" + String(repeating: " ", count: $0) }
    text += open
    for (position, item) in elements.enumerated() {
      if position > 0 { text += lead == nil ? ", " : "," }
      text += lead ?? ""
      element(item, &text)
    }
    if let indent { text += "\n" + String(repeating: " ", count: indent - 2) }
    text += close
  }
}
