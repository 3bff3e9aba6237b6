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
struct ScalarReader {
  /// The scalar that begins at an offset, and its length in bytes.
  static func scalar(in text: UnsafeBufferPointer<UInt8>, at offset: Int) -> (scalar: Unicode.Scalar, length: Int) {
    let lead = text[offset]
    func tail(_ distance: Int) -> UInt32 {
      offset + distance < text.count ? UInt32(text[offset + distance] & 0x3F) : 0
    }
    let (value, length): (UInt32, Int) =
      switch lead {
      case 0..<0x80: (UInt32(lead), 1)
      case 0..<0xE0: (UInt32(lead & 0x1F) << 6 | tail(1), 2)
      case 0..<0xF0: (UInt32(lead & 0x0F) << 12 | tail(1) << 6 | tail(2), 3)
      default: (UInt32(lead & 0x07) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3), 4)
      }
    return (Unicode.Scalar(value) ?? "\u{FFFD}", min(length, text.count - offset))
  }

  /// The scalar that ends at an offset above zero.
  static func scalar(in text: UnsafeBufferPointer<UInt8>, before end: Int) -> (scalar: Unicode.Scalar, length: Int) {
    var start = end - 1
    while start > 0, text[start] & 0xC0 == 0x80 { start -= 1 }
    return scalar(in: text, at: start)
  }
}
