/// Spaces written as a visible sign, and one put in front of words: SentencePiece's way of keeping track of them.
struct Metaspace: Sendable {
  /// Which pieces of a text get a sign in front if they do not begin with one.
  enum Prepending: String, CaseIterable, Sendable {
    case first, always, never
  }

  private let sign: [UInt8]
  let prepending: Prepending
  /// Whether a piece is cut before every sign.
  private let splits: Bool

  init(_ value: ModelValue) throws(ModelError) {
    let sign = try value.string("replacement") ?? "\u{2581}"
    guard sign.unicodeScalars.count == 1 else {
      throw try value.member("replacement").failure("expected a single character")
    }
    let prepending: Prepending
    if value["prepend_scheme"] != nil {
      prepending = try value.kind("prepend_scheme", of: "prepend scheme")
    } else {
      prepending = try value.bool("add_prefix_space", default: true) ? .always : .never
    }
    self.init(sign: Array(sign.utf8), prepending: prepending, splits: try value.bool("split", default: true))
  }

  init(sign: [UInt8] = SentencePieceNormalizer.sign, prepending: Prepending, splits: Bool) {
    self.sign = sign
    self.prepending = prepending
    self.splits = splits
  }

  func apply(to text: inout PieceText) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.bytes.count + text.bytes.count / 2 + text.pieces.count * sign.count)
    var pieces: [Range<Int>] = []
    pieces.reserveCapacity(splits ? text.bytes.count / 5 + text.pieces.count : text.pieces.count)
    let space = UInt8(ascii: " ")
    text.bytes.withUnsafeBufferPointer { all in
      for (number, piece) in text.pieces.enumerated() {
        var start = bytes.count
        let prepends =
          switch prepending {
          case .first: number == 0 && text.beginsText
          case .always: true
          case .never: false
          }
        if prepends, all[piece.lowerBound] != space, !all[piece].starts(with: sign) { bytes += sign }
        // Pieces are cut before spaces, and before signs that stood in the text already.
        var position = piece.lowerBound
        while position < piece.upperBound {
          let byte = all[position]
          let isSpace = byte == space
          if isSpace || byte == sign[0] && all[position..<piece.upperBound].starts(with: sign) {
            if splits, bytes.count > start {
              pieces.append(start..<bytes.count)
              start = bytes.count
            }
            bytes += sign
            position += isSpace ? 1 : sign.count
          } else {
            bytes.append(byte)
            position += 1
          }
        }
        if bytes.count > start { pieces.append(start..<bytes.count) }
      }
    }
    text.bytes = bytes
    text.pieces = pieces
  }

  /// The signs as spaces again; those of the first token go.
  func decoded(_ tokens: [[UInt8]]) -> [[UInt8]] {
    tokens.enumerated().map { number, token in
      var result: [UInt8] = []
      var position = 0
      while position < token.count {
        if token[position...].starts(with: sign) {
          if number > 0 || prepending == .never { result.append(UInt8(ascii: " ")) }
          position += sign.count
        } else {
          result.append(token[position])
          position += 1
        }
      }
      return result
    }
  }
}
