/// How vocabularies with a token for every byte spell those: `<0x0A>`.
enum ByteSpelling {
  private static let digits = Array("0123456789ABCDEF".utf8)

  /// The spellings of all bytes.
  static let all: [[UInt8]] = (0..<256).map { byte in
    Array("<0x".utf8) + [digits[byte / 16], digits[byte % 16], UInt8(ascii: ">")]
  }

  /// The byte that a spelling stands for, or nil.
  static func byte(_ spelling: [UInt8]) -> UInt8? {
    guard spelling.count == 6, spelling.starts(with: Array("<0x".utf8)), spelling[5] == UInt8(ascii: ">") else {
      return nil
    }
    return UInt8(String(decoding: spelling[3..<5], as: UTF8.self), radix: 16)
  }

  /// Joins neighbouring bytes; those that are no valid UTF-8 become one replacement character each.
  static func decoded(_ tokens: [[UInt8]]) -> [[UInt8]] {
    var result: [[UInt8]] = []
    var bytes: [UInt8] = []
    func text() -> [UInt8] {
      String(validating: bytes, as: UTF8.self) != nil
        ? bytes : Array(bytes.map { _ in "\u{FFFD}" }.joined().utf8)
    }
    for token in tokens {
      if let byte = byte(token) {
        bytes.append(byte)
        continue
      }
      if !bytes.isEmpty { result.append(text()) }
      bytes = []
      result.append(token)
    }
    if !bytes.isEmpty { result.append(text()) }
    return result
  }
}
