package import Datasets

/// Reads what `ast.literal_eval` reads of Python: texts, numbers, `True`, `False`, `None`, lists, tuples and mappings.
package struct PythonLiteral {
  private let scalars: [Unicode.Scalar]
  private var index = 0
  private var depth = 0

  private static let maximumDepth = 64

  /// The value that a text spells, or nil if it is none.
  package static func value(_ text: String) -> DataValue? {
    var reader = PythonLiteral(scalars: Array(text.unicodeScalars))
    reader.skipBlanks()
    guard let value = reader.value() else { return nil }
    reader.skipBlanks()
    return reader.index == reader.scalars.count ? value : nil
  }

  private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

  private var next: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

  private mutating func skipBlanks() {
    while let scalar = next, scalar == " " || scalar == "\n" || scalar == "\t" || scalar == "\r" { index += 1 }
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    skipBlanks()
    guard next == scalar else { return false }
    index += 1
    return true
  }

  private mutating func value() -> DataValue? {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth, let first = next else { return nil }
    switch first {
    case "[": return list(until: "]").map { .list($0.elements) }
    case "(":
      guard let (elements, hasComma) = list(until: ")") else { return nil }
      return elements.count == 1 && !hasComma ? elements[0] : .list(elements)
    case "{": return mapping()
    case "'", "\"": return texts()
    default: return word()
    }
  }

  private mutating func list(until end: Unicode.Scalar) -> (elements: [DataValue], hasComma: Bool)? {
    index += 1
    var elements: [DataValue] = []
    var hasComma = false
    while !take(end) {
      guard let element = value() else { return nil }
      elements.append(element)
      if take(",") {
        hasComma = true
        skipBlanks()
      } else {
        return take(end) ? (elements, hasComma) : nil
      }
    }
    return (elements, hasComma)
  }

  private mutating func mapping() -> DataValue? {
    index += 1
    var fields: [DataField] = []
    while !take("}") {
      guard let key = value(), take(":") else { return nil }
      skipBlanks()
      guard let value = value() else { return nil }
      fields.append(DataField(PythonText.of(key), value))
      guard take(",") else { return take("}") ? .record(fields) : nil }
      skipBlanks()
    }
    return .record(fields)
  }

  /// Texts that stand side by side are one.
  private mutating func texts() -> DataValue? {
    var text = ""
    while let quote = next, quote == "'" || quote == "\"" {
      guard let part = quoted(quote) else { return nil }
      text += part
      let end = index
      skipBlanks()
      if next != "'", next != "\"" { index = end }
    }
    return .text(text)
  }

  private mutating func quoted(_ quote: Unicode.Scalar) -> String? {
    let isTriple = index + 2 < scalars.count && scalars[index + 1] == quote && scalars[index + 2] == quote
    index += isTriple ? 3 : 1
    var text = String.UnicodeScalarView()
    while let scalar = next {
      index += 1
      if scalar == quote {
        if !isTriple { return String(text) }
        if index + 1 < scalars.count, scalars[index] == quote, scalars[index + 1] == quote {
          index += 2
          return String(text)
        }
        text.append(scalar)
      } else if scalar == "\\" {
        guard escape(into: &text) else { return nil }
      } else {
        if scalar == "\n", !isTriple { return nil }
        text.append(scalar)
      }
    }
    return nil
  }

  private mutating func escape(into text: inout String.UnicodeScalarView) -> Bool {
    guard let scalar = next else { return false }
    index += 1
    let plain: [Unicode.Scalar: Unicode.Scalar] = [
      "n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", "\"": "\"", "a": "\u{7}", "b": "\u{8}", "f": "\u{C}",
      "v": "\u{B}",
    ]
    if let meant = plain[scalar] {
      text.append(meant)
      return true
    }
    let width: Int
    switch scalar {
    case "\n": return true
    case "x": width = 2
    case "u": width = 4
    case "U": width = 8
    case "0"..."7":
      var digits = String(scalar)
      while digits.count < 3, let next, ("0"..."7").contains(next) {
        digits.unicodeScalars.append(next)
        index += 1
      }
      guard let meant = UInt32(digits, radix: 8).flatMap(Unicode.Scalar.init) else { return false }
      text.append(meant)
      return true
    default:
      // An escape that is none stays as it is.
      text.append("\\")
      text.append(scalar)
      return true
    }
    guard index + width <= scalars.count else { return false }
    var digits = String.UnicodeScalarView()
    digits.append(contentsOf: scalars[index..<index + width])
    guard let meant = UInt32(String(digits), radix: 16).flatMap(Unicode.Scalar.init) else { return false }
    index += width
    text.append(meant)
    return true
  }

  private mutating func word() -> DataValue? {
    var view = String.UnicodeScalarView()
    while let scalar = next, scalar.isASCII,
      scalar.properties.isAlphabetic || "+-._0123456789".unicodeScalars.contains(scalar)
    {
      view.append(scalar)
      index += 1
    }
    let word = String(view)
    switch word {
    case "None": return .null
    case "True": return .bool(true)
    case "False": return .bool(false)
    default: break
    }
    let digits = word.filter { $0 != "_" }
    guard let first = digits.unicodeScalars.first(where: { $0 != "+" && $0 != "-" }),
      first == "." || ("0"..."9").contains(first)
    else { return nil }
    if let number = Int(digits) {
      // Leading zeros are no number in Python, except zero itself.
      let magnitude = digits.drop { $0 == "+" || $0 == "-" }
      return magnitude.count > 1 && magnitude.first == "0" && number != 0 ? nil : .integer(number)
    }
    guard digits.unicodeScalars.allSatisfy({ "+-.eE0123456789".unicodeScalars.contains($0) }) else { return nil }
    return Double(digits.hasPrefix(".") ? "0" + digits : digits).map { .number($0) }
  }
}
