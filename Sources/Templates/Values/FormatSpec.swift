internal import Documents

/// Python's format specification: `[[fill]align][sign][#][0][width][,][.precision][type]`.
struct FormatSpec {
  var fill: Unicode.Scalar = " "
  /// `<`, `>`, `^`, or `=` for filling between sign and digits; nil for the type's own.
  var alignment: Unicode.Scalar?
  var sign: Unicode.Scalar = "-"
  var isAlternate = false
  var width = 0
  var grouping: Unicode.Scalar?
  var precision: Int?
  var type: Character?

  init() {}

  init(_ text: String) throws(Fault) {
    let scalars = Array(text.unicodeScalars)
    var place = 0
    func isAlignment(_ index: Int) -> Bool { index < scalars.count && "<>^=".unicodeScalars.contains(scalars[index]) }
    func take(_ set: String) -> Unicode.Scalar? {
      guard place < scalars.count, set.unicodeScalars.contains(scalars[place]) else { return nil }
      place += 1
      return scalars[place - 1]
    }
    func takeNumber() -> Int? {
      var digits = ""
      while let digit = take("0123456789") { digits.unicodeScalars.append(digit) }
      return digits.isEmpty ? nil : Int(digits) ?? .max
    }
    if isAlignment(1) {
      fill = scalars[0]
      alignment = scalars[1]
      place = 2
    } else if isAlignment(0) {
      alignment = scalars[0]
      place = 1
    }
    sign = take("+- ") ?? "-"
    isAlternate = take("#") != nil
    if take("0") != nil, alignment == nil {
      fill = "0"
      alignment = "="
    }
    width = takeNumber() ?? 0
    grouping = take(",_")
    if take(".") != nil {
      guard let digits = takeNumber() else { throw Fault("a format has \".\" and no precision behind it") }
      precision = digits
    }
    if let letter = take("bcdeEfFgGnosxX%") { type = Character(letter) }
    guard place == scalars.count else { throw Fault("there is no format \"\(text)\"") }
  }

  /// The first characters of a text, as many as the precision says.
  func cut(_ text: String) -> String {
    precision.map { String(scalars: text.unicodeScalars.prefix($0)) } ?? text
  }

  /// A text filled up to the width.
  func padded(_ text: String, alignment standard: Unicode.Scalar = "<") -> String {
    PythonString.pad(text, to: width, with: fill) { missing in
      switch alignment ?? standard {
      case "<": 0
      case "^": missing / 2
      default: missing
      }
    }
  }

  func format(string: String) throws(Fault) -> String {
    guard type == nil || type == "s", alignment != "=" else { throw Fault("a text has no format of this type") }
    return padded(cut(string))
  }

  func format(integer: Int) throws(Fault) -> String {
    switch type {
    case nil, "d", "n", "b", "o", "x", "X": return text(integer: integer, type ?? "d")
    case "c":
      guard let scalar = UInt32(exactly: integer).flatMap(Unicode.Scalar.init) else {
        throw Fault("the format \"c\" of a number that is no character")
      }
      return padded(String(scalar))
    case "s": throw Fault("a whole number has no format \"s\"")
    default: return try format(double: Double(integer))
    }
  }

  func format(double: Double) throws(Fault) -> String {
    switch type {
    case "e", "E", "f", "F", "g", "G", "%": return text(double: double, type ?? "g")
    case "n": return text(double: double, "g")
    case nil:
      guard let precision else { return number(double < 0, PythonString.spelling(of: double.magnitude)) }
      var digits = PythonNumbers.text(double.magnitude, "g", precision: max(1, precision))
      if !digits.contains(where: { ".ein".contains($0) }) { digits += ".0" }
      return number(double < 0, digits)
    default: throw Fault("a number with a fraction has no format \"\(type.map(String.init) ?? "")\"")
    }
  }

  /// A whole number with a sign, in base 10, 16, 8 or 2.
  func text(integer: Int, _ letter: Character) -> String {
    let radix = letter == "x" || letter == "X" ? 16 : letter == "o" ? 8 : letter == "b" ? 2 : 10
    var digits = String(integer.magnitude, radix: radix, uppercase: letter == "X")
    if let precision, type == nil { digits = PythonString.zeroFill(digits, to: precision) }
    return number(integer < 0, digits, prefix: isAlternate && radix != 10 ? "0\(letter)" : "")
  }

  /// A number with a fraction in the form of a letter.
  func text(double: Double, _ letter: Character) -> String {
    let isNegative = double.sign == .minus && !double.isNaN
    if letter == "%" {
      return number(isNegative, PythonNumbers.text(double.magnitude * 100, "f", precision: precision ?? 6) + "%")
    }
    return number(
      isNegative, PythonNumbers.text(double.magnitude, letter, precision: precision ?? 6, keepsZeros: isAlternate))
  }

  private func number(_ isNegative: Bool, _ digits: String, prefix: String = "") -> String {
    let lead = (isNegative ? "-" : sign == "-" ? "" : String(sign)) + prefix
    let grouped = grouping.map { Self.grouped(digits, $0) } ?? digits
    guard alignment == "=" else { return padded(lead + grouped, alignment: ">") }
    return lead + PythonString.pad(grouped, to: width - lead.unicodeScalars.count, with: fill) { $0 }
  }

  private static func grouped(_ digits: String, _ mark: Unicode.Scalar) -> String {
    let whole = digits.prefix { $0.isNumber }
    var result = ""
    for (place, digit) in whole.enumerated() {
      if place > 0, (whole.count - place).isMultiple(of: 3) { result += String(mark) }
      result.append(digit)
    }
    return result + digits.dropFirst(whole.count)
  }
}
