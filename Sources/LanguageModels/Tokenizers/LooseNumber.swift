/// Numbers as the reference library reads them: its JSON reader rounds twice, so that many scores of seventeen digits
/// are off by the last bit, which decides between ways of equal score.
enum LooseNumber {
  /// The value of a JSON number, or nil if the text is none.
  static func value(_ text: Substring) -> Double? {
    guard Double(text) != nil else { return nil }
    var digits: UInt64 = 0
    var exponent = 0
    var isBehindPoint = false
    var isFull = false
    var rest = text.utf8[...]
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative { rest = rest.dropFirst() }
    while let byte = rest.first, byte != UInt8(ascii: "e"), byte != UInt8(ascii: "E") {
      rest = rest.dropFirst()
      if byte == UInt8(ascii: ".") {
        isBehindPoint = true
        continue
      }
      // Digits that do not fit into 64 bits are left out.
      let (tens, overflow) = digits.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(UInt64(byte &- UInt8(ascii: "0")))
      isFull = isFull || overflow || carry
      if isFull {
        if !isBehindPoint { exponent += 1 }
      } else {
        digits = sum
        if isBehindPoint { exponent -= 1 }
      }
    }
    if !rest.isEmpty {
      guard let power = Int(Substring(rest.dropFirst())), abs(power) <= 1000 else { return Double(text) }
      exponent += power
    }
    guard abs(exponent) < powers.count else { return Double(text) }
    let value = exponent < 0 ? Double(digits) / powers[-exponent] : Double(digits) * powers[exponent]
    return isNegative ? -value : value
  }

  private static let powers = (0...308).compactMap { Double("1e\($0)") }
}
