/// How words become tokens.
enum TokenModel: Sendable {
  case bytePair(BytePairModel)
  case unigram(UnigramModel)
  case wordPiece(WordPieceModel)
  case wordLevel(WordLevelModel)

  private enum Kind: String, CaseIterable {
    case bytePair = "BPE"
    case unigram = "Unigram"
    case wordPiece = "WordPiece"
    case wordLevel = "WordLevel"
  }

  /// Reads the model of a `tokenizer.json`.
  init(_ document: TokenizerDocument) throws(ModelError) {
    let model = try document.root.member("model")
    // Very old files have no type here, and are BPE if they have merges.
    var kind = Kind.bytePair
    if model["type"] != nil || model["merges"] == nil { kind = try model.kind(of: "tokenizer model") }
    switch kind {
    case .bytePair: self = .bytePair(try BytePairModel(model, document))
    case .unigram: self = .unigram(try UnigramModel(model, document))
    case .wordPiece: self = .wordPiece(try WordPieceModel(model, document))
    case .wordLevel: self = .wordLevel(try WordLevelModel(model, document))
    }
  }

  /// The tokens and their spellings.
  var vocabulary: Vocabulary {
    switch self {
    case .bytePair(let model): model.vocabulary
    case .unigram(let model): model.vocabulary
    case .wordPiece(let model): model.vocabulary
    case .wordLevel(let model): model.vocabulary
    }
  }

  /// Adds the tokens of a word, which is valid UTF-8.
  func encode(_ word: UnsafeBufferPointer<UInt8>, into scratch: EncodingScratch) throws(TextPatternError) {
    switch self {
    case .bytePair(let model): model.encode(word, into: scratch)
    case .unigram(let model): try model.encode(word, into: scratch)
    case .wordPiece(let model): model.encode(word, into: scratch)
    case .wordLevel(let model): try model.encode(word, into: scratch)
    }
  }
}
