internal import Documents

extension Interpreter {
  private static let plainTextFilters: Set<String> = [
    "capitalize", "e", "escape", "forceescape", "lower", "safe", "string", "striptags", "title", "upper", "urlencode",
    "wordcount",
  ]

  func textFilter(_ name: String, _ value: TemplateValue, _ call: CallArguments) throws(Fault) -> TemplateValue {
    if name == "tojson" { return try json(value, call) }
    let text = try text(of: value)
    try meter.charge(bytes: 2 * text.utf8.count)
    if Self.plainTextFilters.contains(name) { _ = try call.bind() }
    let result: String
    switch name {
    case "upper": result = PythonString.upper(text)
    case "lower": result = PythonString.lower(text)
    case "title": result = PythonString.titleWords(text)
    case "capitalize": result = PythonString.capitalize(text)
    case "string": result = text
    case "trim":
      let given = try call.bind("chars")[0]
      let characters = given == nil || given?.isNone == true ? nil : try given.text("chars", or: "")
      result = PythonString.strip(text, characters, left: true, right: true)
    case "safe": return .safe(text)
    case "escape", "e": return .safe(escaped(value))
    case "forceescape": return .safe(escaped(.string(text)))
    case "striptags": result = stripTags(text)
    case "urlencode": result = try urlEncode(value)
    case "wordcount": return .integer(wordCount(text))
    case "replace":
      let given = try call.bind("old", "new", "count", required: 2)
      let limit = given[2]?.isNone == true ? -1 : try given[2].integer("count", or: -1)
      return .string(
        try replaced(text, try self.text(of: given[0] ?? .none), try self.text(of: given[1] ?? .none), limit: limit))
    case "indent": result = try indent(text, call)
    case "center":
      let width = try call.bind("width")[0].integer("width", or: 80)
      return try callMethod(.string(text), "center", CallArguments(callee: call.callee, positional: [.integer(width)]))
    case "truncate": result = try truncate(text, call)
    case "wordwrap": result = try wrap(text, call)
    case "format":
      guard call.named.isEmpty || call.positional.isEmpty else {
        throw Fault("\"format\" takes values with names or without, not both")
      }
      let values: TemplateValue =
        call.named.isEmpty ? .tuple(call.positional) : .dictionary(call.named.map { ($0.name, $0.value) })
      return .string(try percentFormat(text, values))
    default: return .string(try regexReplace(text, call))
    }
    if case .safe = value { return .safe(result) }
    return .string(result)
  }

  private func indent(_ text: String, _ call: CallArguments) throws(Fault) -> String {
    let given = try call.bind("width", "first", "blank")
    let lead: String
    if let text = given[0]?.string {
      lead = text
    } else {
      let width = try given[0].integer("width", or: 4)
      try meter.charge(bytes: max(0, width))
      lead = String(repeating: " ", count: max(0, width))
    }
    let lines = PythonString.lines(text + "\n", keepsEnds: false)
    try meter.charge(bytes: lines.count * lead.utf8.count + text.utf8.count)
    let (indentsFirst, indentsBlank) = (given[1].isTrue, given[2].isTrue)
    return lines.enumerated().map { number, line in
      (number == 0 ? indentsFirst : indentsBlank || !line.isEmpty) ? lead + line : line
    }.joined(separator: "\n")
  }

  private func truncate(_ text: String, _ call: CallArguments) throws(Fault) -> String {
    let given = try call.bind("length", "killwords", "end", "leeway")
    let length = try given[0].integer("length", or: 255)
    let end = try given[2].text("end", or: "...")
    let leeway = given[3]?.isNone == true ? 5 : try given[3].integer("leeway", or: 5)
    let room = length.subtractingReportingOverflow(end.unicodeScalars.count)
    guard !room.overflow, room.partialValue >= 0, leeway >= 0 else {
      throw Fault("\"truncate\" to a length shorter than its end")
    }
    let scalars = text.unicodeScalars
    if scalars.count <= length.addingReportingOverflow(leeway).partialValue || leeway > Int.max - length { return text }
    let kept = String(scalars: scalars.prefix(room.partialValue))
    if given[1].isTrue { return kept + end }
    return (PythonString.splitFromRight(kept, by: " ", limit: 1).first ?? "") + end
  }

  /// Breaks lines that are too long at their blanks.
  private func wrap(_ text: String, _ call: CallArguments) throws(Fault) -> String {
    let given = try call.bind("width", "break_long_words", "wrapstring")
    let width = try given[0].integer("width", or: 79)
    let breaksWords = given[1] == nil || given[1].isTrue
    let wrapString = try given[2].text("wrapstring", or: "\n")
    guard width > 0 else { throw Fault("\"wordwrap\" to a width below 1") }
    return PythonString.lines(text, keepsEnds: false).map { line in
      var lines: [[Unicode.Scalar]] = [[]]
      for word in PythonString.words(line, limit: .max, fromRight: false) {
        var rest = Array(word.unicodeScalars)
        if let last = lines.last, !last.isEmpty, last.count + 1 + rest.count > width { lines.append([]) }
        while breaksWords, rest.count > width {
          lines[lines.count - 1] += rest.prefix(width)
          lines.append([])
          rest = Array(rest.dropFirst(width))
        }
        if lines[lines.count - 1].isEmpty {
          lines[lines.count - 1] = rest
        } else {
          lines[lines.count - 1] += [" "] + rest
        }
      }
      return lines.map { String(scalars: $0) }.joined(separator: wrapString)
    }.joined(separator: wrapString)
  }

  private func wordCount(_ text: String) -> Int {
    var count = 0
    var isInside = false
    for scalar in text.unicodeScalars {
      let isWord = scalar == "_" || scalar.isAlphabetic || scalar.isNumeric
      if isWord, !isInside { count += 1 }
      isInside = isWord
    }
    return count
  }

  private func stripTags(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    var rest = text.unicodeScalars[...]
    while let open = rest.firstIndex(of: "<"), let close = rest[open...].firstIndex(of: ">") {
      result.append(contentsOf: rest[..<open])
      rest = rest[rest.index(after: close)...]
    }
    result.append(contentsOf: rest)
    return PythonString.words(String(result), limit: .max, fromRight: false).joined(separator: " ")
  }

  private func urlEncode(_ value: TemplateValue) throws(Fault) -> String {
    // Within a query a blank is a plus sign and a slash has no meaning.
    func quoted(_ text: String, isQuery: Bool) -> String {
      var result = ""
      for byte in text.utf8 {
        let scalar = Unicode.Scalar(byte)
        let isPlain = byte < 0x80 && (scalar.isAlphabetic || scalar.isDecimal || "_.-~".unicodeScalars.contains(scalar))
        if isPlain || !isQuery && scalar == "/" {
          result.unicodeScalars.append(scalar)
        } else if isQuery, scalar == " " {
          result += "+"
        } else {
          let hex = String(byte, radix: 16, uppercase: true)
          result += "%" + (hex.count < 2 ? "0" : "") + hex
        }
      }
      return result
    }
    guard case .dictionary(let members) = value else { return quoted(try text(of: value), isQuery: false) }
    var parts: [String] = []
    for (key, value) in members.entries {
      parts.append(quoted(try text(of: key), isQuery: true) + "=" + quoted(try text(of: value), isQuery: true))
    }
    return parts.joined(separator: "&")
  }
}
