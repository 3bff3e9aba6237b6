internal import Documents

extension Interpreter {
  // MARK: "%s" % value

  /// `format % value`: the values of a tuple one after another, or those of a dictionary by name.
  func percentFormat(_ format: String, _ value: TemplateValue) throws(Fault) -> String {
    var values: [TemplateValue]
    if case .tuple(let elements) = value { values = elements } else { values = [value] }
    values.reverse()
    let takesAll = if case .dictionary = value { true } else { false }
    var usesNames = false
    func next() throws(Fault) -> TemplateValue {
      guard let value = values.popLast() else { throw Fault("\"%\" has fewer values than the format asks for") }
      return value
    }
    var result = ""
    let scalars = Array(format.unicodeScalars)
    var place = 0
    while place < scalars.count {
      guard scalars[place] == "%" else {
        result.unicodeScalars.append(scalars[place])
        place += 1
        continue
      }
      place += 1
      var directive = PercentDirective()
      var named: TemplateValue?
      if place < scalars.count, scalars[place] == "(" {
        guard let end = scalars[place...].firstIndex(of: ")"), case .dictionary(let members) = value else {
          throw Fault("\"%(name)\" in a format needs a dictionary")
        }
        let name = String(scalars: scalars[(place + 1)..<end])
        guard let member = members[name] else { throw Fault("the dictionary for the format has no \"\(name)\"") }
        named = member
        usesNames = true
        place = end + 1
      }
      while place < scalars.count, "-+ 0#".unicodeScalars.contains(scalars[place]) {
        directive.flags.insert(scalars[place])
        place += 1
      }
      directive.width = try number(scalars, &place, next) ?? 0
      if place < scalars.count, scalars[place] == "." {
        place += 1
        directive.precision = try number(scalars, &place, next) ?? 0
      }
      guard place < scalars.count else { throw Fault("a format ends in the middle of \"%\"") }
      let letter = scalars[place]
      place += 1
      if letter == "%" {
        result += "%"
        continue
      }
      let source = if let named { named } else { try next() }
      let text = try self.text(of: source, letter, directive)
      try meter.charge(bytes: text.utf8.count)
      result += text
    }
    guard values.isEmpty || takesAll || usesNames else { throw Fault("\"%\" has more values than the format asks for") }
    return result
  }

  struct PercentDirective {
    var flags: Set<Unicode.Scalar> = []
    var width = 0
    var precision: Int?
  }

  private func number(
    _ scalars: [Unicode.Scalar], _ place: inout Int, _ next: () throws(Fault) -> TemplateValue
  ) throws(Fault) -> Int? {
    if place < scalars.count, scalars[place] == "*" {
      place += 1
      guard let number = try next().integer else { throw Fault("\"*\" in a format takes a whole number") }
      try meter.charge(bytes: abs(min(max(number, -(1 << 40)), 1 << 40)))
      return number
    }
    var digits = ""
    while place < scalars.count, ("0"..."9").contains(scalars[place]) {
      digits.unicodeScalars.append(scalars[place])
      place += 1
    }
    guard !digits.isEmpty else { return nil }
    let number = Int(digits) ?? .max
    try meter.charge(bytes: number)
    return number
  }

  private func text(
    of value: TemplateValue, _ letter: Unicode.Scalar, _ directive: PercentDirective
  ) throws(Fault) -> String {
    try requireDefined(value)
    var spec = FormatSpec()
    spec.width = directive.width
    spec.precision = directive.precision
    spec.alignment = directive.flags.contains("-") ? "<" : ">"
    spec.sign = directive.flags.contains("+") ? "+" : directive.flags.contains(" ") ? " " : "-"
    spec.isAlternate = directive.flags.contains("#")
    if directive.flags.contains("0"), !directive.flags.contains("-") {
      spec.fill = "0"
      spec.alignment = "="
    }
    switch letter {
    case "s", "r", "a":
      let text = letter == "s" ? try text(of: value) : PythonText.representation(of: value)
      spec.fill = " "
      if spec.alignment == "=" { spec.alignment = ">" }
      return spec.padded(spec.cut(text))
    case "c":
      if let number = value.integer {
        guard let scalar = UInt32(exactly: number).flatMap(Unicode.Scalar.init) else {
          throw Fault("\"%c\" of a number that is no character")
        }
        return spec.padded(String(scalar))
      }
      guard let text = value.string, text.unicodeScalars.count == 1 else { throw Fault("\"%c\" takes one character") }
      return spec.padded(text)
    case "d", "i", "u":
      let number =
        if case .float(let number) = value { Int(exactly: number.rounded(.towardZero)) } else { value.integer }
      guard let number else { throw Fault("\"%\(letter)\" takes a number, found \(value.aType)") }
      return spec.text(integer: number, "d")
    case "x", "X", "o":
      guard let number = value.integer else { throw Fault("\"%\(letter)\" takes a whole number, found \(value.aType)") }
      return spec.text(integer: number, Character(letter))
    case "e", "E", "f", "F", "g", "G":
      guard let number = value.number else { throw Fault("\"%\(letter)\" takes a number, found \(value.aType)") }
      return spec.text(double: number, Character(letter))
    default: throw Fault("a format has no directive \"%\(letter)\"")
    }
  }

  // MARK: "{}".format(value)

  /// `format.format(…)`: replacement fields with a name or number, attributes, a conversion and a format.
  func format(_ format: String, _ call: CallArguments) throws(Fault) -> String {
    var automatic = 0
    return try self.format(Array(format.unicodeScalars), call, &automatic, depth: 0)
  }

  private func format(
    _ scalars: [Unicode.Scalar], _ call: CallArguments, _ automatic: inout Int, depth: Int
  ) throws(Fault) -> String {
    var result = ""
    var place = 0
    while place < scalars.count {
      let scalar = scalars[place]
      let isDoubled = place + 1 < scalars.count && scalars[place + 1] == scalar
      if scalar == "{" || scalar == "}", isDoubled {
        result.unicodeScalars.append(scalar)
        place += 2
      } else if scalar == "{" {
        var open = 0
        var end = place
        while end < scalars.count {
          if scalars[end] == "{" { open += 1 } else if scalars[end] == "}" { open -= 1 }
          if open == 0 { break }
          end += 1
        }
        guard end < scalars.count, depth < 2 else { throw Fault("\"{\" is never closed in a format") }
        let text = try field(Array(scalars[(place + 1)..<end]), call, &automatic, depth: depth)
        try meter.charge(bytes: text.utf8.count)
        result += text
        place = end + 1
      } else if scalar == "}" {
        throw Fault("\"}\" closes nothing in a format: write \"}}\" for a brace")
      } else {
        result.unicodeScalars.append(scalar)
        place += 1
      }
    }
    return result
  }

  private func field(
    _ field: [Unicode.Scalar], _ call: CallArguments, _ automatic: inout Int, depth: Int
  ) throws(Fault) -> String {
    let nameEnd = field.firstIndex { $0 == "!" || $0 == ":" } ?? field.count
    var value = try self.value(Array(field[..<nameEnd]), call, &automatic)
    var rest = field[nameEnd...]
    if rest.first == "!" {
      guard let letter = rest.dropFirst().first, letter == "r" || letter == "s" || letter == "a" else {
        throw Fault("a format converts by \"!r\" or \"!s\" only")
      }
      value = .string(letter == "s" ? try text(of: value) : PythonText.representation(of: value))
      rest = rest.dropFirst(2)
    }
    guard rest.isEmpty || rest.first == ":" else { throw Fault("expected \":\" after the conversion in a format") }
    let specText = try format(Array(rest.dropFirst()), call, &automatic, depth: depth + 1)
    guard !specText.isEmpty else { return try text(of: value) }
    let spec = try FormatSpec(specText)
    try meter.charge(bytes: max(spec.width, spec.precision ?? 0))
    if case .float(let number) = value { return try spec.format(double: number) }
    if case .bool = value, spec.type == nil { return spec.padded(value.text) }
    if let number = value.integer { return try spec.format(integer: number) }
    guard let text = value.string else { throw Fault("\(value.aType) has no format \"\(specText)\"") }
    return try spec.format(string: text)
  }

  private func value(
    _ name: [Unicode.Scalar], _ call: CallArguments, _ automatic: inout Int
  ) throws(Fault) -> TemplateValue {
    let headEnd = name.firstIndex { $0 == "." || $0 == "[" } ?? name.count
    let head = String(scalars: name[..<headEnd])
    var value: TemplateValue
    if head.isEmpty || Int(head) != nil {
      let number = Int(head) ?? automatic
      if head.isEmpty { automatic += 1 }
      guard call.positional.indices.contains(number) else {
        throw Fault("a format asks for argument \(number), and there are \(call.positional.count)")
      }
      value = call.positional[number]
    } else {
      guard let named = call.named.last(where: { $0.name == head })?.value else {
        throw Fault("a format asks for the argument \"\(head)\"", hint: Fault.nearest(head, in: call.named.map(\.name)))
      }
      value = named
    }
    var place = headEnd
    while place < name.count {
      let isItem = name[place] == "["
      let end =
        isItem
        ? name[place...].firstIndex(of: "]") : name[(place + 1)...].firstIndex { $0 == "." || $0 == "[" } ?? name.count
      guard let end else { throw Fault("\"[\" is never closed in a format") }
      let key = String(scalars: name[(place + 1)..<end])
      value = try item(isItem ? Int(key).map { .integer($0) } ?? .string(key) : .string(key), of: value)
      place = isItem ? end + 1 : end
    }
    if case .undefined(let missing) = value { throw missing.fault }
    return value
  }
}
