internal import Documents

/// Reads the tokens inside of a tag.
struct ExpressionScanner {
  private let source: SourceText
  private let scalars: [Unicode.Scalar]
  private(set) var position: Int
  /// The brackets that are open here; a tag cannot end before they are closed.
  private(set) var openBrackets: [(mark: Unicode.Scalar, offset: Int)] = []

  init(_ source: SourceText, at position: Int) {
    self.source = source
    scalars = source.scalars
    self.position = position
  }

  mutating func skipBlanks() {
    while position < scalars.count, scalars[position].isBlank { position += 1 }
  }

  private func peek(_ ahead: Int = 0) -> Unicode.Scalar? {
    position + ahead < scalars.count ? scalars[position + ahead] : nil
  }

  private func failure(_ message: String, at offset: Int, hint: String? = nil) -> TemplateError {
    source.error(Fault(message, kind: .syntax, hint: hint), at: offset)
  }

  /// The next token, or nil at the end of the template.
  ///
  /// - Parameter isAfterDot: `a.0.1` has two numbers, not a fraction.
  mutating func next(isAfterDot: Bool) throws(TemplateError) -> Token.Kind? {
    guard let scalar = peek() else { return nil }
    if scalar == "'" || scalar == "\"" { return .string(try scanString(scalar)) }
    if ("0"..."9").contains(scalar) { return try scanNumber(isAfterDot: isAfterDot) }
    if scalar == "_" || scalar.properties.isXIDStart { return scanName() }
    return try scanMark(scalar)
  }

  private mutating func scanName() -> Token.Kind {
    let start = position
    while let scalar = peek(), scalar == "_" || scalar.properties.isXIDContinue { position += 1 }
    return .name(source.text(start..<position))
  }

  private mutating func scanMark(_ scalar: Unicode.Scalar) throws(TemplateError) -> Token.Kind {
    let start = position
    let doubles = ["**", "//", "==", "!=", ">=", "<="]
    if let second = peek(1), doubles.contains("\(scalar)\(second)") {
      position += 2
      return .mark("\(scalar)\(second)")
    }
    guard "+-/*%~[](){}<>=.:|,;".unicodeScalars.contains(scalar) else {
      let hint: String? =
        switch scalar {
        case "&": "write \"and\""
        case "!": "write \"not\" or \"!=\""
        case "?": "write \"a if condition else b\""
        default: nil
        }
      throw failure("a character that belongs to no expression: \"\(scalar)\"", at: start, hint: hint)
    }
    switch scalar {
    case "(", "[", "{": openBrackets.append((scalar, start))
    case ")", "]", "}":
      let opening: Unicode.Scalar = scalar == ")" ? "(" : scalar == "]" ? "[" : "{"
      guard let open = openBrackets.popLast() else {
        throw failure("\"\(scalar)\" closes nothing: \"\(opening)\" is missing before it", at: start)
      }
      guard open.mark == opening else {
        let wanted = open.mark == "(" ? ")" : open.mark == "[" ? "]" : "}"
        throw failure("expected \"\(wanted)\" for the \"\(open.mark)\" before, found \"\(scalar)\"", at: start)
      }
    default: break
    }
    position += 1
    return .mark(String(scalar))
  }

  // MARK: Numbers

  private mutating func scanNumber(isAfterDot: Bool) throws(TemplateError) -> Token.Kind {
    let start = position
    if peek() == "0", let letter = peek(1), let radix = ["x": 16, "o": 8, "b": 2][String(letter).lowercased()] {
      position += 2
      let digits = scanDigits(radix: radix)
      guard let number = Int(digits, radix: radix) else { throw failure("a number that is no whole one", at: start) }
      return .integer(number)
    }
    var digits = scanDigits(radix: 10)
    var isFraction = false
    if !isAfterDot {
      if peek() == ".", let next = peek(1), ("0"..."9").contains(next) {
        position += 1
        digits += "." + scanDigits(radix: 10)
        isFraction = true
      }
      if peek() == "e" || peek() == "E" {
        let ahead = peek(1) == "+" || peek(1) == "-" ? 2 : 1
        if let digit = peek(ahead), ("0"..."9").contains(digit) {
          digits += "e" + (peek(1) == "-" ? "-" : "")
          position += ahead
          digits += scanDigits(radix: 10)
          isFraction = true
        }
      }
    }
    if isFraction { return .float(Double(digits) ?? .infinity) }
    guard let number = Int(digits) else { throw failure("a whole number beyond 64 bits", at: start) }
    return .integer(number)
  }

  private mutating func scanDigits(radix: Int) -> String {
    var digits = ""
    while let scalar = peek() {
      if scalar == "_", let next = peek(1), Character(next).hexDigitValue ?? 16 < radix, !digits.isEmpty || radix != 10
      {
        position += 1
        continue
      }
      guard scalar.isASCII, let value = Character(scalar).hexDigitValue, value < radix else { break }
      digits.unicodeScalars.append(scalar)
      position += 1
    }
    return digits
  }

  // MARK: Strings

  private mutating func scanString(_ quote: Unicode.Scalar) throws(TemplateError) -> String {
    let open = position
    position += 1
    var result = String.UnicodeScalarView()
    while let scalar = peek() {
      position += 1
      if scalar == quote { return String(result) }
      if scalar == "\\" {
        try scanEscape(into: &result, of: open)
      } else {
        result.append(scalar)
      }
    }
    throw failure("a quotation mark is never closed", at: open)
  }

  /// Reads what follows a backslash; Python keeps the backslash of an escape that it does not know.
  private mutating func scanEscape(
    into result: inout String.UnicodeScalarView, of open: Int
  ) throws(TemplateError) {
    let start = position - 1
    guard let scalar = peek() else { throw failure("a quotation mark is never closed", at: open) }
    position += 1
    let plain: [Unicode.Scalar: Unicode.Scalar] = [
      "n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", "\"": "\"", "a": "\u{7}", "b": "\u{8}", "f": "\u{C}",
      "v": "\u{B}",
    ]
    if let meant = plain[scalar] { return result.append(meant) }
    switch scalar {
    case "\n": return
    case "x": result.append(try scanCode(radix: 16, digits: 2...2, from: start))
    case "u": result.append(try scanSurrogates(from: start))
    case "U": result.append(try scanCode(radix: 16, digits: 8...8, from: start))
    case "0"..."7":
      position -= 1
      result.append(try scanCode(radix: 8, digits: 1...3, from: start))
    case "N": throw failure("characters by name are not supported: write \"\\u....\"", at: start)
    default:
      result.append("\\")
      result.append(scalar)
    }
  }

  private mutating func scanCode(
    radix: Int, digits: ClosedRange<Int>, from start: Int
  ) throws(TemplateError) -> Unicode.Scalar {
    guard let scalar = Unicode.Scalar(try scanValue(radix: radix, digits: digits, from: start)) else {
      throw failure("an escape for a character that there is not", at: start)
    }
    return scalar
  }

  private mutating func scanValue(radix: Int, digits: ClosedRange<Int>, from start: Int) throws(TemplateError) -> UInt32
  {
    var text = ""
    while text.utf8.count < digits.upperBound, let scalar = peek(), scalar.isASCII,
      let value = Character(scalar).hexDigitValue, value < radix
    {
      text.unicodeScalars.append(scalar)
      position += 1
    }
    guard text.utf8.count >= digits.lowerBound, let value = UInt32(text, radix: radix) else {
      throw failure("an escape with too few digits", at: start)
    }
    return value
  }

  private mutating func scanSurrogates(from start: Int) throws(TemplateError) -> Unicode.Scalar {
    var code = try scanValue(radix: 16, digits: 4...4, from: start)
    if (0xD800..<0xDC00).contains(code), peek() == "\\", peek(1) == "u" {
      position += 2
      let low = try scanValue(radix: 16, digits: 4...4, from: start)
      guard (0xDC00..<0xE000).contains(low) else { throw failure("half of a surrogate pair stands alone", at: start) }
      code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(code) else { throw failure("half of a surrogate pair stands alone", at: start) }
    return scalar
  }
}
