internal import Documents

extension Interpreter {
  /// Calls a method of a text; every one costs as much as the text is long.
  func callMethod(_ text: String, _ name: String, _ call: CallArguments) throws(Fault) -> TemplateValue {
    try meter.charge(text.utf8.count / 4)
    switch name {
    case "strip", "lstrip", "rstrip":
      let given = try call.bind("chars")[0]
      let characters = given == nil || given?.isNone == true ? nil : try given.text("chars", or: "")
      return .string(PythonString.strip(text, characters, left: name != "rstrip", right: name != "lstrip"))
    case "split", "rsplit": return try split(text, call, fromRight: name == "rsplit")
    case "splitlines":
      return .list(PythonString.lines(text, keepsEnds: try call.bind("keepends")[0].isTrue).map { .string($0) })
    case "partition", "rpartition": return try partition(text, call, fromRight: name == "rpartition")
    case "startswith", "endswith": return try .bool(startsOrEnds(text, call, atStart: name == "startswith"))
    case "replace": return try replace(text, call)
    case "removeprefix", "removesuffix":
      let part = try call.bind("part", required: 1)[0].text("part", or: "")
      let goes = name == "removeprefix" ? text.utf8.starts(with: part.utf8) : hasSuffix(text, part)
      guard goes else { return .string(text) }
      let bytes = Array(text.utf8)
      let left = name == "removeprefix" ? bytes.dropFirst(part.utf8.count) : bytes.dropLast(part.utf8.count)
      return .string(String(decoding: left, as: UTF8.self))
    case "find", "rfind", "index", "rindex", "count": return .integer(try search(text, name, call))
    case "join": return try join(text, call)
    case "format": return .string(try format(text, call))
    case "center", "ljust", "rjust": return try pad(text, name, call)
    case "zfill":
      let width = try call.bind("width", required: 1)[0].integer("width", or: 0)
      try meter.charge(bytes: max(0, width))
      return .string(PythonString.zeroFill(text, to: width))
    case "expandtabs": return try expandTabs(text, call)
    default:
      _ = try call.bind()
      return try simpleMethod(text, name)
    }
  }

  private func simpleMethod(_ text: String, _ name: String) throws(Fault) -> TemplateValue {
    switch name {
    case "upper": .string(PythonString.upper(text))
    case "lower", "casefold": .string(PythonString.lower(text))
    case "title": .string(PythonString.title(text))
    case "capitalize": .string(PythonString.capitalize(text))
    case "swapcase": .string(PythonString.swapCase(text))
    case "isalpha": .bool(PythonString.all(text, \.isAlphabetic))
    case "isalnum": .bool(PythonString.all(text) { $0.isAlphabetic || $0.isNumeric })
    case "isdigit": .bool(PythonString.all(text, \.isDigit))
    case "isdecimal": .bool(PythonString.all(text, \.isDecimal))
    case "isnumeric": .bool(PythonString.all(text, \.isNumeric))
    case "isspace": .bool(PythonString.all(text, \.isBlank))
    case "isascii": .bool(text.unicodeScalars.allSatisfy(\.isASCII))
    case "isupper": .bool(PythonString.isCased(text, upper: true))
    case "islower": .bool(PythonString.isCased(text, upper: false))
    case "istitle":
      .bool(text.unicodeScalars.contains { $0.properties.isCased } && PythonString.title(text).isSame(as: text))
    default: throw Fault("a text has no method \"\(name)\"")
    }
  }

  private func hasSuffix(_ text: String, _ part: String) -> Bool {
    text.utf8.count >= part.utf8.count && text.utf8.suffix(part.utf8.count).elementsEqual(part.utf8)
  }

  private func split(_ text: String, _ call: CallArguments, fromRight: Bool) throws(Fault) -> TemplateValue {
    let given = try call.bind("sep", "maxsplit")
    let maximum = try given[1].integer("maxsplit", or: -1)
    let limit = maximum < 0 ? Int.max : maximum
    let pieces: [String]
    if let separator = given[0], !separator.isNone {
      let separator = try given[0].text("sep", or: "")
      guard !separator.isEmpty else { throw Fault("\"split\" at an empty text") }
      pieces =
        fromRight
        ? PythonString.splitFromRight(text, by: separator, limit: limit)
        : PythonString.split(text, by: separator, limit: limit)
    } else {
      pieces = PythonString.words(text, limit: limit, fromRight: fromRight)
    }
    try meter.charge(pieces.count)
    return .list(pieces.map { .string($0) })
  }

  private func partition(_ text: String, _ call: CallArguments, fromRight: Bool) throws(Fault) -> TemplateValue {
    let separator = try call.bind("sep", required: 1)[0].text("sep", or: "")
    guard !separator.isEmpty else { throw Fault("\"partition\" at an empty text") }
    let pieces =
      fromRight
      ? PythonString.splitFromRight(text, by: separator, limit: 1)
      : PythonString.split(text, by: separator, limit: 1)
    if pieces.count == 2 { return .tuple([.string(pieces[0]), .string(separator), .string(pieces[1])]) }
    let empty = TemplateValue.string("")
    return .tuple(fromRight ? [empty, empty, .string(text)] : [.string(text), empty, empty])
  }

  private func startsOrEnds(_ text: String, _ call: CallArguments, atStart: Bool) throws(Fault) -> Bool {
    let given = try call.bind("part", "start", "end", required: 1)
    var text = text
    if given[1] != nil || given[2] != nil {
      let scalars = Array(text.unicodeScalars)
      text = String(scalars: scalars[try bounds(given[1], given[2], count: scalars.count)])
    }
    func fits(_ part: TemplateValue) throws(Fault) -> Bool {
      guard let part = part.string else {
        throw Fault("\"\(atStart ? "startswith" : "endswith")\" takes a text or a tuple of texts, found \(part.aType)")
      }
      return atStart ? text.utf8.starts(with: part.utf8) : hasSuffix(text, part)
    }
    if case .tuple(let parts)? = given[0] {
      for part in parts where try fits(part) { return true }
      return false
    }
    return try fits(given[0] ?? .none)
  }

  private func replace(_ text: String, _ call: CallArguments) throws(Fault) -> TemplateValue {
    let given = try call.bind("old", "new", "count", required: 2)
    let (old, new) = (try given[0].text("old", or: ""), try given[1].text("new", or: ""))
    return .string(try replaced(text, old, new, limit: try given[2].integer("count", or: -1)))
  }

  /// Replaces a part of a text, once the length of the result is known to be allowed.
  func replaced(_ text: String, _ old: String, _ new: String, limit: Int) throws(Fault) -> String {
    let limit = limit < 0 ? Int.max : limit
    let most = old.isEmpty ? text.unicodeScalars.count + 1 : PythonString.count(old, in: text)
    try meter.charge(bytes: text.utf8.count + min(most, limit) * new.utf8.count)
    return PythonString.replace(text, old, new, limit: limit)
  }

  private func search(_ text: String, _ name: String, _ call: CallArguments) throws(Fault) -> Int {
    let given = try call.bind("sub", "start", "end", required: 1)
    let scalars = Array(text.unicodeScalars)
    let part = Array(try given[0].text("sub", or: "").unicodeScalars)
    let bounds = try bounds(given[1], given[2], count: scalars.count)
    var places = bounds.lowerBound...max(bounds.lowerBound, bounds.upperBound - part.count)
    func stands(at place: Int) throws(Fault) -> Bool {
      try meter.charge(part.count / 32)
      return place + part.count <= bounds.upperBound && scalars[place..<place + part.count].elementsEqual(part)
    }
    var found: Int?
    if name == "count" {
      var count = 0
      var place = places.lowerBound
      while place <= places.upperBound {
        if try stands(at: place) {
          count += 1
          place += max(1, part.count)
        } else {
          place += 1
        }
      }
      return count
    }
    if name.hasPrefix("r") {
      for place in places.reversed() where try stands(at: place) {
        found = place
        break
      }
    } else {
      for place in places where try stands(at: place) {
        found = place
        break
      }
    }
    places = 0...0
    if let found { return found }
    if name.hasSuffix("index") { throw Fault("\"\(name)\": the text does not have the part that is looked for") }
    return -1
  }

  private func join(_ separator: String, _ call: CallArguments) throws(Fault) -> TemplateValue {
    var parts: [String] = []
    var size = 0
    for element in try elements(of: try call.only()) {
      guard let part = element.string else {
        if case .undefined(let missing) = element { throw missing.fault }
        throw Fault("\"join\" takes texts, found \(element.aType)", hint: "add \"| map('string')\"")
      }
      size += part.utf8.count + separator.utf8.count
      parts.append(part)
    }
    try meter.charge(bytes: size)
    return .string(parts.joined(separator: separator))
  }

  private func pad(_ text: String, _ name: String, _ call: CallArguments) throws(Fault) -> TemplateValue {
    let given = try call.bind("width", "fillchar", required: 1)
    let width = try given[0].integer("width", or: 0)
    let fill = Array(try given[1].text("fillchar", or: " ").unicodeScalars)
    guard fill.count == 1 else { throw Fault("\"\(name)\" fills up with one character, found \(fill.count)") }
    try meter.charge(bytes: 4 * max(0, width))
    return .string(
      PythonString.pad(text, to: width, with: fill[0]) { missing in
        switch name {
        case "ljust": 0
        case "rjust": missing
        // Python puts the odd character on the left only if the width is odd too.
        default: missing / 2 + (missing & width & 1)
        }
      })
  }

  private func expandTabs(_ text: String, _ call: CallArguments) throws(Fault) -> TemplateValue {
    let size = try call.bind("tabsize")[0].integer("tabsize", or: 8)
    try meter.charge(bytes: text.utf8.count * min(max(1, size), 1 << 20))
    var result = String.UnicodeScalarView()
    var column = 0
    for scalar in text.unicodeScalars {
      if scalar == "\t" {
        let blanks = size > 0 ? size - column % size : 0
        result.append(contentsOf: repeatElement(" ", count: blanks))
        column += blanks
      } else {
        result.append(scalar)
        column = scalar == "\n" || scalar == "\r" ? 0 : column + 1
      }
    }
    return .string(String(result))
  }
}
