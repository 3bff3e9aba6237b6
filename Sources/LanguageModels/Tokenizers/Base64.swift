/// Bytes written in 64 letters.
enum Base64 {
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 255, count: 256)
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for (value, letter) in letters.utf8.enumerated() { values[Int(letter)] = UInt8(value) }
    return values
  }()

  /// The bytes that a text stands for, or nil if it has other letters or the wrong length.
  static func decoded(_ text: String) -> [UInt8]? {
    let letters = Array(text.utf8)
    guard letters.count % 4 == 0 else { return nil }
    let padding = letters.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
    var result: [UInt8] = []
    result.reserveCapacity(letters.count / 4 * 3)
    for start in stride(from: 0, to: letters.count, by: 4) {
      var bits: UInt32 = 0
      for place in start..<start + 4 {
        let isPadding = place >= letters.count - padding
        let value = isPadding ? 0 : values[Int(letters[place])]
        guard value < 64 else { return nil }
        bits = bits << 6 | UInt32(value)
      }
      result += [UInt8(bits >> 16), UInt8(bits >> 8 & 0xFF), UInt8(bits & 0xFF)]
    }
    result.removeLast(padding)
    return result
  }
}
