internal import Documents

extension SentencePieceFile {
  /// The longest sum of the squares of the pieces' sizes; it bounds the work of finding merges. The largest published
  /// vocabulary, Gemma's, has two fifths of it.
  private static let maximumWork = 1 << 26

  /// The parts of a tokenizer.
  ///
  /// - Parameter isLegacy: whether every stretch of text between special tokens gets a space in front, as for most
  ///   models, rather than only the one that begins the text.
  func parts(isLegacy: Bool) throws(ModelError) -> Tokenizer.Parts {
    var vocabulary = Vocabulary()
    for (token, piece) in pieces.enumerated() { vocabulary.append(piece.text, token: token) }
    vocabulary.index()
    let addsPrefix = normalizer.addsPrefix
    var normalizer = normalizer
    var preTokenizer: PreTokenizer?
    if addsPrefix, !isLegacy, normalizer.escapesSpaces {
      normalizer.addsPrefix = false
      normalizer.escapesSpaces = false
      preTokenizer = .metaspace(Metaspace(prepending: .first, splits: false))
    }
    var decoders: [TokenDecoder] = [
      .replace(try Self.pattern("\u{2581}"), with: [UInt8(ascii: " ")]), .byteFallback, .fuse,
    ]
    if addsPrefix || normalizer.removesExtraSpaces {
      decoders.append(.strip(" ", start: normalizer.removesExtraSpaces ? .max : 1, stop: 0))
    }
    let model = if kind == .unigram { unigram(vocabulary) } else { try bytePairs(vocabulary) }
    return Tokenizer.Parts(
      normalizer: .sentencePiece(normalizer), preTokenizer: preTokenizer, model: model, decoder: .sequence(decoders),
      addedTokens: addedTokens)
  }

  private static func pattern(_ text: String) throws(ModelError) -> TextPattern {
    do throws(TextPatternError) {
      return try TextPattern(text)
    } catch {
      throw ModelError.request(model: name, message: error.message)
    }
  }

  /// Pieces that are found in the text itself: control tokens as they are written, the user's own in normalised text.
  var addedTokens: [AddedToken] {
    pieces.enumerated().compactMap { token, piece in
      switch piece.type {
      case .control, .unknown: AddedToken(id: token, content: piece.text, special: true)
      case .userDefined: AddedToken(id: token, content: piece.text, normalized: true, special: false)
      case .normal, .unused, .byte: nil
      }
    }
  }

  /// Whether words are made of a piece.
  private func takesPart(_ token: Int) -> Bool { pieces[token].type == .normal }

  private func unigram(_ vocabulary: Vocabulary) -> TokenModel {
    .unigram(
      UnigramModel(
        vocabulary, scores: pieces.map { Double($0.score) }, unknown: unknown, fallsBackToBytes: fallsBackToBytes,
        rounds: true, where: takesPart))
  }

  private func bytePairs(_ vocabulary: Vocabulary) throws(ModelError) -> TokenModel {
    var work = 0
    for piece in pieces {
      work += min(piece.text.count, Self.maximumWork) * min(piece.text.count, Self.maximumWork)
      guard work <= Self.maximumWork else {
        throw ModelError.request(model: Self.name, message: "the tokenizer's pieces are too long")
      }
    }
    // Pieces of equal score are made from left to right, so they have the same rank.
    let scores = Set(pieces.map(\.score)).sorted(by: >)
    let ranks = Dictionary(uniqueKeysWithValues: scores.enumerated().map { ($1, UInt32($0)) })
    var merges: [(left: UInt32, right: UInt32, rank: UInt32, result: UInt32)] = []
    for (token, piece) in pieces.enumerated() where takesPart(token) && piece.text.count > 1 {
      let rank = ranks[piece.score] ?? 0
      piece.text.withUnsafeBufferPointer { text in
        for cut in 1..<text.count where text[cut] & 0xC0 != 0x80 {
          guard let left = vocabulary.token(UnsafeBufferPointer(rebasing: text[..<cut])), takesPart(left),
            let right = vocabulary.token(UnsafeBufferPointer(rebasing: text[cut...])), takesPart(right)
          else { continue }
          merges.append((UInt32(left), UInt32(right), rank, UInt32(token)))
        }
      }
    }
    let table = MergeTable(capacity: merges.count)
    for merge in merges { table.insert(merge.left, merge.right, rank: merge.rank, result: merge.result) }
    var options = BytePairModel.Options()
    options.unknown = unknown.map(UInt32.init)
    options.fusesUnknown = true
    options.fallsBackToBytes = fallsBackToBytes
    return .bytePair(BytePairModel(vocabulary, table, options))
  }
}
