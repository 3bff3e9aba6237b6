/// GPT-2's way of writing any byte as a visible character: printable Latin-1 bytes stand for themselves, the others
/// for the characters from U+0100 on, in their order.
enum ByteAlphabet {
  /// The character of each byte.
  static let scalars: [Unicode.Scalar] = {
    var next: UInt32 = 0x100
    return (0..<256).map { (byte: UInt32) in
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return Unicode.Scalar(UInt8(byte))
      default:
        defer { next += 1 }
        return Unicode.Scalar(next) ?? "\u{FFFD}"
      }
    }
  }()

  /// The byte of each character that stands for one.
  static let bytes: [Unicode.Scalar: UInt8] = Dictionary(
    uniqueKeysWithValues: scalars.enumerated().map { ($1, UInt8($0)) })

  /// The UTF-8 spelling of each byte's character: two bytes, the second zero where one is enough.
  private static let spellings: [(UInt8, UInt8)] = scalars.map { scalar in
    let spelling = Array(String(scalar).utf8)
    return (spelling[0], spelling.count > 1 ? spelling[1] : 0)
  }

  /// Writes bytes in the alphabet.
  static func append(_ text: UnsafeBufferPointer<UInt8>, to result: inout [UInt8]) {
    for byte in text {
      let (first, second) = spellings[Int(byte)]
      result.append(first)
      if second != 0 { result.append(second) }
    }
  }

  /// The bytes that a token spells, or the token's own bytes if a character of it is not in the alphabet.
  static func decoded(_ token: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(token.count)
    for scalar in String(decoding: token, as: UTF8.self).unicodeScalars {
      guard let byte = bytes[scalar] else { return token }
      result.append(byte)
    }
    return result
  }
}
