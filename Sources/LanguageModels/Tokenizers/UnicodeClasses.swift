/// The classes of characters that tokenizers ask for, by Unicode's definitions.
extension Unicode.Scalar {
  /// White_Space, as Rust's `is_whitespace` and Oniguruma's `\s` have it.
  var isWhiteSpace: Bool { properties.isWhitespace }

  /// A number of any kind: decimal digits, letter numbers, other numbers.
  var isNumeric: Bool {
    switch properties.generalCategory {
    case .decimalNumber, .letterNumber, .otherNumber: true
    default: false
    }
  }

  /// ASCII punctuation (with the symbols among it) or Unicode's category P.
  var isPunctuation: Bool {
    switch value {
    case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: return true
    default: break
    }
    switch properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
      .finalPunctuation, .otherPunctuation:
      return true
    default: return false
    }
  }

  /// Part of a word by the definition of regular expressions in Unicode Technical Standard 18.
  var isWordPart: Bool {
    if properties.isAlphabetic || properties.isJoinControl { return true }
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: return true
    default: return false
    }
  }
}

/// Walks through valid UTF-8 by scalars.
enum ScalarReader {
  /// The length of a scalar by its first byte.
  @inline(__always)
  static func length(_ lead: UInt8) -> Int { lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4 }

  /// The value of the scalar that begins at an offset, and its length in bytes.
  @inline(__always)
  static func value(in text: UnsafeBufferPointer<UInt8>, at offset: Int) -> (value: UInt32, length: Int) {
    let lead = text[offset]
    if lead < 0x80 { return (UInt32(lead), 1) }
    if lead < 0xE0 { return (UInt32(lead & 0x1F) << 6 | UInt32(text[offset + 1] & 0x3F), 2) }
    if lead < 0xF0 {
      return (
        UInt32(lead & 0x0F) << 12 | UInt32(text[offset + 1] & 0x3F) << 6 | UInt32(text[offset + 2] & 0x3F), 3
      )
    }
    let high = UInt32(lead & 0x07) << 18 | UInt32(text[offset + 1] & 0x3F) << 12
    return (high | UInt32(text[offset + 2] & 0x3F) << 6 | UInt32(text[offset + 3] & 0x3F), 4)
  }

  /// The scalar that begins at an offset, and its length in bytes.
  static func scalar(in text: UnsafeBufferPointer<UInt8>, at offset: Int) -> (scalar: Unicode.Scalar, length: Int) {
    let (value, length) = value(in: text, at: offset)
    return (Unicode.Scalar(value) ?? "\u{FFFD}", length)
  }

  /// The scalar that ends at an offset above zero.
  static func scalar(in text: UnsafeBufferPointer<UInt8>, before end: Int) -> (scalar: Unicode.Scalar, length: Int) {
    var start = end - 1
    while start > 0, text[start] & 0xC0 == 0x80 { start -= 1 }
    return scalar(in: text, at: start)
  }
}
