internal import Documents

/// Numbers as short as people write them.
enum NumberText {
  /// At most four decimals, without zeros at the end; small and large numbers in full.
  static func short(_ value: Double) -> String {
    guard value.isFinite, value == 0 || (abs(value) >= 0.001 && abs(value) < 1e15) else { return "\(value)" }
    var text = Decimal.text(value, decimals: 4)
    while text.last == "0" { text.removeLast() }
    if text.last == "." { text.removeLast() }
    return text
  }
}
