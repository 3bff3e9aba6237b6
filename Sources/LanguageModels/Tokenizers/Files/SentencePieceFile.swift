internal import Documents

/// A `tokenizer.model` from which a tokenizer can be made.
struct SentencePieceFile {
  let pieces: [SentencePieceDocument.Piece]
  let kind: SentencePieceDocument.Kind
  let fallsBackToBytes: Bool
  /// The numbers of special tokens; nil where the model has none.
  let unknown: Int?
  let begin: Int?
  let end: Int?
  private(set) var normalizer: SentencePieceNormalizer

  static let name = SentencePieceDocument.name
  /// What the first models with such files call them.
  static let olderName = "spiece.model"

  init(_ bytes: [UInt8], file: String) throws(ModelError) {
    func failure(_ message: String, _ hint: String? = nil) -> ModelError {
      .file(Diagnostic(.error, file: file, message, hint: hint), text: nil)
    }
    let document: SentencePieceDocument
    do throws(ProtobufError) {
      document = try SentencePieceDocument(bytes)
    } catch {
      let place = error.offset.map { "byte \($0): " } ?? ""
      let expected = error.expected.map { "; expected \($0)" } ?? ""
      throw failure("\(place)found \(error.found)\(expected)")
    }
    guard document.kind == .unigram || document.kind == .bytePairs else {
      throw failure("models of \(document.kind) are not supported", "supported: unigram and byte-pair models")
    }
    guard !document.putsSpacesBehind else {
      throw failure("spaces behind words (treat_whitespace_as_suffix) are not supported")
    }
    // Models without begin or end tokens often keep the numbers that these have by default.
    func present(_ token: Int?) -> Int? { token.flatMap { document.pieces.indices.contains($0) ? $0 : nil } }
    pieces = document.pieces
    kind = document.kind
    fallsBackToBytes = document.fallsBackToBytes
    unknown = present(document.unknown)
    begin = present(document.begin)
    end = present(document.end)
    let rules = document.normalizer
    normalizer = SentencePieceNormalizer(
      addsPrefix: rules.addsPrefix, removesExtraSpaces: rules.removesExtraSpaces, escapesSpaces: rules.escapesSpaces)
    if let (bytes, offset) = rules.characters {
      guard let map = CharacterMap(bytes) else {
        throw failure("byte \(offset): found a map of characters whose size does not fit or that is not UTF-8")
      }
      normalizer.characters = map
    }
  }
}
