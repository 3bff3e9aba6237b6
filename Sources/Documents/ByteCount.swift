/// Byte counts, for people and from people.
public enum ByteCount {
  /// A count with three significant digits in decimal units: `2.15 GB`.
  public static func text(_ bytes: Int) -> String {
    var value = Double(bytes)
    var unit = "B"
    for next in ["kB", "MB", "GB", "TB"] where value >= 999.5 {
      value /= 1000
      unit = next
    }
    if unit == "B" { return "\(bytes) B" }
    let decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0
    return Decimal.text(value, decimals: decimals) + " " + unit
  }

  /// Reads `64MB`, `1GiB`, `5B`, `1.5 G`: K, M, G, T are powers of 1000, with `i` of 1024; a plain number is bytes.
  public static func parse(_ text: String) -> Int? {
    let digits = text.prefix { $0.isNumber && $0.isASCII || $0 == "." }
    guard let number = Double(digits) else { return nil }
    var unit = text.dropFirst(digits.count).drop { $0 == " " }.lowercased()
    if unit.hasSuffix("b") { unit.removeLast() }
    let scales: [String: Double] = [
      "": 1, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12,
      "ki": 1024, "mi": 1_048_576, "gi": 1_073_741_824, "ti": 1_099_511_627_776,
    ]
    guard let scale = scales[unit] else { return nil }
    let bytes = number * scale
    return bytes >= 0 && bytes < 9e18 ? Int(bytes) : nil
  }
}

/// Numbers with a fixed count of decimals, without the weight of a formatter.
public enum Decimal {
  /// The number rounded to so many decimals (halves away from zero): `text(0.7475, decimals: 3)` is `0.748`.
  public static func text(_ value: Double, decimals: Int) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let scaled = (abs(value) * scale).rounded()
    guard scaled < 9e15 else { return "\(value)" }
    let whole = Int(scaled)
    let sign = value < 0 && whole != 0 ? "-" : ""
    guard decimals > 0 else { return sign + "\(whole)" }
    let digits = String(whole)
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    return sign + padded.dropLast(decimals) + "." + padded.suffix(decimals)
  }
}
