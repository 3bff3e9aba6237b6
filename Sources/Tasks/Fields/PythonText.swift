package import Datasets

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
    case .number(let number): spelling(of: number)
    case .text(let text): quoted(text)
    case .list(let elements): "[" + elements.map(spelling).joined(separator: ", ") + "]"
    case .record(let fields):
      "{" + fields.map { quoted($0.name) + ": " + spelling(of: $0.value) }.joined(separator: ", ") + "}"
    }
  }

  /// `repr` of a float: the fewest digits that read back, with Python's exponents.
  static func spelling(of number: Double) -> String {
    if number.isNaN { return "nan" }
    if number.isInfinite { return number < 0 ? "-inf" : "inf" }
    let text = number.description
    guard let place = text.firstIndex(of: "e") else {
      // Swift writes whole numbers out up to 2⁵⁴, Python up to 10¹⁶.
      return text
    }
    var mantissa = text[..<place]
    if mantissa.hasSuffix(".0") { mantissa = mantissa.dropLast(2) }
    let exponent = Int(text[text.index(after: place)...]) ?? 0
    let digits = String(exponent.magnitude)
    return mantissa + "e" + (exponent < 0 ? "-" : "+") + (digits.count < 2 ? "0" : "") + digits
  }

  /// `repr` of a text: single quotes unless there are only single quotes within.
  static func quoted(_ text: String) -> String {
    let scalars = text.unicodeScalars
    let quote: Unicode.Scalar = scalars.contains("'") && !scalars.contains("\"") ? "\"" : "'"
    var result = String(quote)
    for scalar in scalars {
      switch scalar {
      case quote, "\\": result += "\\" + String(scalar)
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      default:
        if isPrintable(scalar) {
          result.unicodeScalars.append(scalar)
        } else {
          let digits = String(scalar.value, radix: 16)
          let (mark, width) = scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
          result += "\\" + mark + String(repeating: "0", count: width - digits.count) + digits
        }
      }
    }
    result.unicodeScalars.append(quote)
    return result
  }

  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
    case .spaceSeparator: scalar == " "
    default: true
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
      return spelling(of: number)
    case .text(let text): return jsonQuoted(text)
    case .list(let elements):
      if elements.isEmpty { return "[]" }
      return "[" + elements.map { lead + json($0, indent: indent + 2) }.joined(separator: ",") + end + "]"
    case .record(let fields):
      if fields.isEmpty { return "{}" }
      let members = fields.map { lead + jsonQuoted($0.name) + ": " + json($0.value, indent: indent + 2) }
      return "{" + members.joined(separator: ",") + end + "}"
    }
  }

  private static func jsonQuoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\u{8}": result += "\\b"
      case "\u{C}": result += "\\f"
      default:
        if scalar.value < 0x20 {
          let digits = String(scalar.value, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }

  // MARK: Questions about texts

  /// `text.replace(old, new)`: code point by code point, where Swift compares characters.
  static func replacing(_ text: String, _ old: String, _ new: String) -> String {
    let (bytes, old) = (Array(text.utf8), Array(old.utf8))
    guard !old.isEmpty, bytes.count >= old.count else { return text }
    var result: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index] == old[0], bytes[index...].starts(with: old) {
        result += new.utf8
        index += old.count
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// `text.split(separator)`.
  static func split(_ text: String, _ separator: String) -> [String] {
    let (bytes, mark) = (Array(text.utf8), Array(separator.utf8))
    guard !mark.isEmpty else { return [text] }
    var parts: [String] = []
    var start = 0
    var index = 0
    while index + mark.count <= bytes.count {
      if bytes[index] == mark[0], bytes[index...].starts(with: mark) {
        parts.append(String(decoding: bytes[start..<index], as: UTF8.self))
        index += mark.count
        start = index
      } else {
        index += 1
      }
    }
    return parts + [String(decoding: bytes[start...], as: UTF8.self)]
  }

  /// `text.isdigit()`: digits of any script, superscripts included, and at least one.
  static func isDigits(_ text: String) -> Bool {
    !text.isEmpty
      && text.unicodeScalars.allSatisfy {
        switch $0.properties.numericType {
        case .decimal, .digit: true
        default: false
        }
      }
  }

  /// `text.isspace()` of a text's first scalar.
  static func beginsWithBlank(_ text: String) -> Bool { text.unicodeScalars.first.map(isBlank) ?? false }
  /// `text.isspace()` of a text's last scalar.
  static func endsWithBlank(_ text: String) -> Bool { text.unicodeScalars.last.map(isBlank) ?? false }

  static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
  }

  /// `text.strip()`.
  static func stripped(_ text: String) -> String {
    let scalars = text.unicodeScalars
    guard let first = scalars.firstIndex(where: { !isBlank($0) }), let last = scalars.lastIndex(where: { !isBlank($0) })
    else { return "" }
    return String(scalars[first...last])
  }

  /// `text.split()`: the pieces between runs of blanks.
  static func words(_ text: String) -> [String] {
    text.unicodeScalars.split(whereSeparator: isBlank).map { String($0) }
  }
}
