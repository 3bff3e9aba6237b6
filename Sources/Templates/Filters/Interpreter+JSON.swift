internal import Documents

extension Interpreter {
  /// The filter `tojson`, as the dialect has it: transformers' own for chat templates, jinja2's for task files, which
  /// sorts the keys and escapes what HTML could take for markup.
  func json(_ value: TemplateValue, _ call: CallArguments) throws(Fault) -> TemplateValue {
    var writer = JSONText(meter: meter)
    if dialect == .task {
      let given = try call.bind("indent")
      try writer.indent(by: given[0])
      writer.sortsKeys = true
      writer.isASCII = true
      try writer.write(value, depth: 0)
      var text = ""
      for scalar in writer.text.unicodeScalars {
        switch scalar {
        case "<": text += "\\u003c"
        case ">": text += "\\u003e"
        case "&": text += "\\u0026"
        case "'": text += "\\u0027"
        default: text.unicodeScalars.append(scalar)
        }
      }
      return .safe(text)
    }
    let given = try call.bind("ensure_ascii", "indent", "separators", "sort_keys")
    writer.isASCII = given[0].isTrue
    try writer.indent(by: given[1])
    if let separators = given[2], !separators.isNone {
      guard let parts = separators.elements, parts.count == 2, let item = parts[0].string, let key = parts[1].string
      else { throw Fault("the argument \"separators\" is a pair of texts") }
      writer.itemSeparator = item
      writer.keySeparator = key
    }
    writer.sortsKeys = given[3].isTrue
    try writer.write(value, depth: 0)
    return .string(writer.text)
  }
}

/// Writes values as Python's `json.dumps` does.
private struct JSONText {
  private(set) var text = ""
  var isASCII = false
  var sortsKeys = false
  var itemSeparator = ", "
  var keySeparator = ": "
  private var indent: String?
  private let meter: Meter

  init(meter: Meter) { self.meter = meter }

  mutating func indent(by value: TemplateValue?) throws(Fault) {
    guard let value, !value.isNone else { return }
    let width = try value.string == nil ? value.integer("indent") : 0
    try meter.charge(bytes: max(0, width))
    indent = value.string ?? String(repeating: " ", count: max(0, width))
    itemSeparator = ","
  }

  mutating func write(_ value: TemplateValue, depth: Int) throws(Fault) {
    try meter.charge(1)
    switch value {
    case .none: text += "null"
    case .bool(let flag): text += flag ? "true" : "false"
    case .integer(let number): text += String(number)
    case .float(let number):
      text +=
        number.isFinite
        ? PythonString.spelling(of: number) : number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity"
    case .string(let string), .safe(let string): try writeQuoted(string)
    case .list(let elements), .tuple(let elements):
      text += "["
      for (place, element) in elements.enumerated() {
        try separate(place, depth)
        try write(element, depth: depth + 1)
      }
      try close("]", isEmpty: elements.isEmpty, depth)
    case .dictionary(let members):
      text += "{"
      for (place, entry) in try ordered(members).enumerated() {
        try separate(place, depth)
        try writeQuoted(entry.key)
        text += keySeparator
        try write(entry.value, depth: depth + 1)
      }
      try close("}", isEmpty: members.count == 0, depth)
    case .undefined(let missing): throw missing.fault
    default: throw Fault("\(value.aType) has no JSON")
    }
  }

  private func ordered(_ members: TemplateDictionary) throws(Fault) -> [(key: String, value: TemplateValue)] {
    var entries: [(key: String, value: TemplateValue)] = []
    for (key, value) in members.entries {
      switch key {
      case .string(let text), .safe(let text): entries.append((text, value))
      case .none: entries.append(("null", value))
      case .bool(let flag): entries.append((flag ? "true" : "false", value))
      case .integer, .float: entries.append((key.text, value))
      default: throw Fault("\(key.aType) cannot be a key in JSON")
      }
    }
    return sortsKeys ? entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) } : entries
  }

  private mutating func separate(_ place: Int, _ depth: Int) throws(Fault) {
    if place > 0 { text += itemSeparator }
    try breakLine(depth + 1)
  }

  private mutating func close(_ mark: String, isEmpty: Bool, _ depth: Int) throws(Fault) {
    if !isEmpty { try breakLine(depth) }
    text += mark
  }

  private mutating func breakLine(_ depth: Int) throws(Fault) {
    guard let indent else { return }
    try meter.charge(bytes: indent.utf8.count * depth)
    text += "\n" + String(repeating: indent, count: depth)
  }

  private mutating func writeQuoted(_ string: String) throws(Fault) {
    try meter.charge(bytes: string.utf8.count * 2)
    text += JSONEdit.quote(string, asciiOnly: isASCII)
  }
}

extension TemplateValue {
  fileprivate func integer(_ name: String) throws(Fault) -> Int { try TemplateValue?.some(self).integer(name, or: 0) }
}
