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
    case .float(let number): text += Self.text(of: number)
    case .string(let string): writeQuoted(string)
    case .safe(let string):
      text += "Markup("
      writeQuoted(string)
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

  /// Writes a text in quotes: single ones, unless only double ones save escapes.
  private mutating func writeQuoted(_ string: String) {
    let quote: Unicode.Scalar = string.utf8.contains(0x27) && !string.utf8.contains(0x22) ? "\"" : "'"
    // Nearly every text has nothing to escape.
    if string.utf8.allSatisfy({ (0x20..<0x7F).contains($0) && $0 != 0x5C && $0 != UInt8(quote.value) }) {
      text += "\(quote)\(string)\(quote)"
      return
    }
    var result = String.UnicodeScalarView()
    result.append(quote)
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\\", quote:
        result.append("\\")
        result.append(scalar)
      case "\n": result.append(contentsOf: "\\n".unicodeScalars)
      case "\r": result.append(contentsOf: "\\r".unicodeScalars)
      case "\t": result.append(contentsOf: "\\t".unicodeScalars)
      case _ where scalar.isPrintable: result.append(scalar)
      default:
        let (letter, width) = scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
        let hex = String(scalar.value, radix: 16)
        result.append(contentsOf: "\\\(letter)\(String(repeating: "0", count: width - hex.count))\(hex)".unicodeScalars)
      }
    }
    result.append(quote)
    text += String(result)
  }

  // MARK: Numbers

  /// A double with the fewest digits that read back as the same, in Python's form.
  static func text(of number: Double) -> String {
    guard number.isFinite else { return number.isNaN ? "nan" : number < 0 ? "-inf" : "inf" }
    let (digits, point) = digits(of: number.magnitude)
    let sign = number.sign == .minus ? "-" : ""
    if point > 16 || point < -3 {
      let exponent = point - 1
      let mantissa = digits.prefix(1) + (digits.count > 1 ? "." + digits.dropFirst() : "")
      let size = String(exponent.magnitude)
      return "\(sign)\(mantissa)e\(exponent < 0 ? "-" : "+")\(size.count < 2 ? "0" + size : size)"
    }
    if point <= 0 { return "\(sign)0." + String(repeating: "0", count: -point) + digits }
    if point >= digits.count { return sign + digits + String(repeating: "0", count: point - digits.count) + ".0" }
    return sign + digits.prefix(point) + "." + digits.dropFirst(point)
  }

  /// The shortest digits of a number, and where among them the decimal point stands.
  private static func digits(of number: Double) -> (digits: String, point: Int) {
    guard number != 0 else { return ("0", 1) }
    let parts = number.description.split(separator: "e")
    let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    let whole = String(mantissa[0])
    let fraction = mantissa.count > 1 ? String(mantissa[1]) : ""
    let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    let all = whole + fraction
    let leading = all.prefix { $0 == "0" }.count
    var significant = String(all.dropFirst(leading))
    while significant.count > 1, significant.last == "0" { significant.removeLast() }
    return (significant, whole.count - leading + exponent)
  }
}

extension Unicode.Scalar {
  /// Whether Python's `repr` shows the character as it is.
  var isPrintable: Bool {
    if value < 0x7F { return value >= 0x20 }
    return switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator, .spaceSeparator:
      false
    default: true
    }
  }
}
