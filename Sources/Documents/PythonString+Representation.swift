extension PythonString {
  /// The text in quotes, as `repr` gives it: single ones, unless only double ones save escapes.
  package static func quoted(_ string: String) -> String {
    let quote: Unicode.Scalar = string.utf8.contains(0x27) && !string.utf8.contains(0x22) ? "\"" : "'"
    // Nearly every text has nothing to escape.
    if string.utf8.allSatisfy({ (0x20..<0x7F).contains($0) && $0 != 0x5C && $0 != UInt8(quote.value) }) {
      return "\(quote)\(string)\(quote)"
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
    return String(result)
  }

  /// A double with the fewest digits that read back as the same, in Python's form.
  package static func spelling(of number: Double) -> String {
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
  fileprivate var isPrintable: Bool {
    if value < 0x7F { return value >= 0x20 }
    return switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator, .spaceSeparator:
      false
    default: true
    }
  }
}
