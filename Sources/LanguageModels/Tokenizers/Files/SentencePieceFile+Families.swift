/// The tokenizers of the models whose vocabulary is called `spiece.model`: SentencePiece's, and what transformers puts
/// before and behind it.
extension SentencePieceFile {
  /// The parts of a family's tokenizer.
  func parts(of family: TokenizerSettings.PieceFamily) throws(ModelError) -> Tokenizer.Parts {
    var parts = try parts(isLegacy: true)
    func token(_ texts: String...) throws(ModelError) -> Int {
      for text in texts { if let token = parts.model.vocabulary.token(Array(text.utf8)) { return token } }
      throw ModelError.request(
        model: Self.olderName, message: "the tokenizer has no piece \(texts[0]), which \(family.rawValue) adds to texts"
      )
    }
    switch family {
    case .t5:
      let end = try token("</s>")
      parts.postProcessor = .around(before: [], between: [end], after: [end])
    case .albert:
      let (begin, end) = (try token("[CLS]"), try token("[SEP]"))
      parts.postProcessor = .around(before: [begin], between: [end], after: [end], types: true)
      let quote = [UInt8(ascii: "\"")]
      let steps: [Normalizer] = [
        .replaceText(Array("``".utf8), with: quote), .replaceText(Array("''".utf8), with: quote),
        .form(.compatibilityDecomposed), .stripAccents, .lowercase,
      ]
      parts.normalizer = .sequence(steps + [parts.normalizer].compactMap { $0 })
    case .xlnet:
      let (middle, end) = (try token("<sep>"), try token("<cls>"))
      parts.postProcessor = .around(before: [], between: [middle], after: [middle, end], types: true)
      let quote = [UInt8(ascii: "\"")]
      let steps: [Normalizer] = [
        .replaceText(Array("``".utf8), with: quote), .replaceText(Array("''".utf8), with: quote),
        .form(.compatibilityDecomposed), .stripAccents,
      ]
      parts.normalizer = .sequence(steps + [parts.normalizer].compactMap { $0 })
    }
    return parts
  }
}
