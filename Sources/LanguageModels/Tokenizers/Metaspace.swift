/// Spaces written as a visible sign, and one put in front of words: SentencePiece's way of keeping track of them.
struct Metaspace: Sendable {
  /// Which pieces of a text get a sign in front if they do not begin with one.
  private enum Prepending: String, CaseIterable {
    case first, always, never
  }

  private let sign: [UInt8]
  private let prepending: Prepending
  /// Whether a piece is cut before every sign.
  private let splits: Bool

  init(_ value: ModelValue) throws(ModelError) {
    let sign = try value.string("replacement") ?? "\u{2581}"
    guard sign.unicodeScalars.count == 1 else {
      throw try value.member("replacement").failure("expected a single character")
    }
    self.sign = Array(sign.utf8)
    if value["prepend_scheme"] != nil {
      prepending = try value.kind("prepend_scheme", of: "prepend scheme")
    } else {
      prepending = try value.bool("add_prefix_space", default: true) ? .always : .never
    }
    splits = try value.bool("split", default: true)
  }

  func apply(to text: inout PieceText) throws(TextPatternError) {
    var bytes: [UInt8] = []
    var pieces: [Range<Int>] = []
    for (number, piece) in text.pieces.enumerated() {
      let start = bytes.count
      var word: [UInt8] = []
      for byte in text.bytes[piece] { if byte == UInt8(ascii: " ") { word += sign } else { word.append(byte) } }
      let prepends =
        switch prepending {
        case .first: number == 0 && text.beginsText
        case .always: true
        case .never: false
        }
      if prepends, !word.starts(with: sign) { bytes += sign }
      bytes += word
      pieces.append(start..<bytes.count)
    }
    text.bytes = bytes
    text.pieces = pieces
    guard splits else { return }
    try text.cut { piece in
      let starts = piece.indices.filter { piece[$0...].starts(with: sign) }
      return SplitBehavior.mergedWithNext.parts(
        starts.map { $0..<$0 + sign.count }, inverted: false, count: piece.count)
    }
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
