internal import Documents

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Numbers as texts, through the C library, which rounds as Python does.
enum PythonNumbers {
  static func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

  /// The most digits that a format may ask for.
  static let maximumPrecision = 400

  /// A number with `%f`, `%e` or `%g` and a fixed precision.
  static func text(_ number: Double, _ letter: Character, precision: Int, keepsZeros: Bool = false) -> String {
    guard number.isFinite else {
      let text = number.isNaN ? "nan" : number < 0 ? "-inf" : "inf"
      return letter.isUppercase ? text.uppercased() : text
    }
    let digits = min(max(precision, 0), maximumPrecision)
    return withVaList([digits, number]) { list in
      var buffer = [CChar](repeating: 0, count: digits + 400)
      let length = vsnprintf(&buffer, buffer.count, "%\(keepsZeros ? "#" : "").*\(letter)", list)
      return String(decoding: buffer.prefix(max(0, Int(length))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }

  /// The number that a text spells for Python's `float`.
  static func float(_ text: String) -> Double? {
    let trimmed = PythonString.strip(text, nil, left: true, right: true).lowercased()
    let digits = trimmed.replacing("_", with: "")
    let unsigned = digits.hasPrefix("-") || digits.hasPrefix("+") ? digits.dropFirst() : Substring(digits)
    if ["inf", "infinity"].contains(unsigned) { return digits.hasPrefix("-") ? -.infinity : .infinity }
    if unsigned == "nan" { return .nan }
    guard let first = unsigned.first, first.isASCII, first.isNumber || first == "." else { return nil }
    guard !unsigned.hasPrefix("0x") else { return nil }
    let complete = unsigned.hasPrefix(".") ? "0" + unsigned : String(unsigned)
    guard let size = Double(complete.hasSuffix(".") ? complete + "0" : complete) else { return nil }
    return digits.hasPrefix("-") ? -size : size
  }

  /// The number that a text spells for Python's `int`.
  static func integer(_ text: String, base: Int = 10) -> Int? {
    var digits = PythonString.strip(text, nil, left: true, right: true).replacing("_", with: "").lowercased()
    let sign = digits.hasPrefix("-") ? "-" : ""
    if digits.hasPrefix("-") || digits.hasPrefix("+") { digits.removeFirst() }
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where base == radix && digits.hasPrefix(prefix) {
      digits.removeFirst(2)
    }
    guard let first = digits.first, first != "-", first != "+", (2...36).contains(base) else { return nil }
    return Int(sign + digits, radix: base)
  }
}
