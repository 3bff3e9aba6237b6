internal import Documents

/// The tokenizers of the models whose vocabulary is called `spiece.model`.
///
/// They are those that transformers makes of such a file: words are cut at white space before pieces are looked for,
/// which SentencePiece itself does not do.
extension SentencePieceFile {
  /// The parts of a family's tokenizer.
  func parts(of family: TokenizerSettings.PieceFamily) throws(ModelError) -> Tokenizer.Parts {
    guard kind == .unigram else {
      throw ModelError.request(model: Self.olderName, message: "the tokenizer is no Unigram model")
    }
    var vocabulary = Vocabulary()
    for (token, piece) in pieces.enumerated() { vocabulary.append(piece.text, token: token) }
    vocabulary.index()
    func token(_ text: String) throws(ModelError) -> Int {
      if let token = vocabulary.token(Array(text.utf8)) { return token }
      throw ModelError.request(
        model: Self.olderName, message: "the tokenizer has no piece \(text), which a \(family.rawValue) adds to texts")
    }
    let processor: PostProcessor
    var steps: [Normalizer] = []
    switch family {
    case .t5:
      let end = try token("</s>")
      processor = .around(before: [], between: [end], after: [end])
    case .albert:
      let (begin, end) = (try token("[CLS]"), try token("[SEP]"))
      processor = .around(before: [begin], between: [end], after: [end], types: true)
      steps = Self.plainLetters + [.lowercase]
    case .xlnet:
      let (middle, end) = (try token("<sep>"), try token("<cls>"))
      processor = .around(before: [], between: [middle], after: [middle, end], types: true)
      steps = Self.plainLetters
    }
    if let characters = normalizer.characters { steps.append(.characterMap(characters)) }
    let metaspace = Metaspace(prepending: .always, splits: true)
    let model = UnigramModel(
      vocabulary, scores: pieces.map { Double($0.score) }, unknown: unknown, fallsBackToBytes: false)
    return Tokenizer.Parts(
      normalizer: .sequence(steps), preTokenizer: .sequence([.whitespaceSplit, .metaspace(metaspace)]),
      model: .unigram(model), postProcessor: processor, decoder: .metaspace(metaspace), addedTokens: addedTokens)
  }

  /// Typists' quotes as one sign, and letters without their marks.
  private static let plainLetters: [Normalizer] = {
    let quote = [UInt8(ascii: "\"")]
    return [
      .replaceText(Array("``".utf8), with: quote), .replaceText(Array("''".utf8), with: quote),
      .form(.compatibilityDecomposed), .stripAccents,
    ]
  }()
}
