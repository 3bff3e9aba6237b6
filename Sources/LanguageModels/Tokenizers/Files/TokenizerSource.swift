internal import Documents

/// The files of a model folder that a tokenizer is made of.
///
/// `tokenizer.json` says everything; without it, a `tokenizer.model` or `spiece.model` of SentencePiece, a `tekken.json`
/// of Mistral's, a `.tiktoken` file of a known name, GPT-2's `vocab.json` with `merges.txt`, or BERT's `vocab.txt` will
/// do, in this order. A `tokenizer.model` may also be tiktoken's, as Meta publishes Llama 3.
public struct TokenizerSource: Sendable {
  /// The names of all files that matter.
  public static let names = vocabularies.flatMap { $0 } + companions

  /// The files of each kind of vocabulary, the best first.
  private static let vocabularies = [
    ["tokenizer.json"], [SentencePieceFile.name], [SentencePieceFile.olderName], [RankedVocabulary.tekkenName],
    [RankedVocabulary.Kind.qwen.rawValue], [RankedVocabulary.Kind.cl100k.rawValue],
    [RankedVocabulary.Kind.o200k.rawValue], ["vocab.json", "merges.txt"], ["vocab.txt"],
  ]
  private static let companions = ["tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"]

  private let files: [String: [UInt8]]

  /// Reads what there is.
  ///
  /// - Parameter read: gives the contents of a file by its name, or nil if there is none.
  public init(reading read: (String) throws -> [UInt8]?) rethrows {
    var files: [String: [UInt8]] = [:]
    for names in Self.vocabularies {
      for name in names { files[name] = try read(name) }
      if names.allSatisfy({ files[$0] != nil }) { break }
    }
    for name in Self.companions { files[name] = try read(name) }
    self.files = files
  }

  /// Takes the contents of files.
  ///
  /// - Parameters:
  ///   - tokenizer: the contents of `tokenizer.json`.
  ///   - configuration: the contents of `tokenizer_config.json`, if there is one.
  public init(tokenizer: [UInt8], configuration: [UInt8]? = nil) {
    files = ["tokenizer.json": tokenizer, "tokenizer_config.json": configuration].compactMapValues { $0 }
  }

  /// The settings beside the vocabulary.
  func settings(model: String) throws(ModelError) -> TokenizerSettings {
    try TokenizerSettings(try document("tokenizer_config.json", model))
  }

  private func document(_ name: String, _ model: String) throws(ModelError) -> ModelValue? {
    try files[name].map { (bytes) throws(ModelError) in try ModelDocument.parse(bytes, file: "\(model)/\(name)") }
  }

  /// The tokenizer.
  ///
  /// - Parameter model: the model's name for diagnostics.
  public func tokenizer(model: String) throws -> Tokenizer { try tokenizer(model: model, settings(model: model)) }

  func tokenizer(model: String, _ settings: TokenizerSettings) throws(ModelError) -> Tokenizer {
    if let bytes = files["tokenizer.json"] {
      return try Tokenizer(
        try TokenizerDocument(bytes, file: "\(model)/tokenizer.json"), specialTokens: settings.specialTokens)
    }
    var parts: Tokenizer.Parts
    var rule: SpecialTokenRule?
    if let vocabulary = try ranked(model) {
      parts = try vocabulary.parts()
      // The vocabularies say which token stands before a text; none has one behind.
      rule = try settings.specialTokens
    } else if let bytes = files[SentencePieceFile.olderName] {
      let file = try SentencePieceFile(bytes, file: "\(model)/\(SentencePieceFile.olderName)")
      parts = try file.parts(of: try settings.pieceFamily)
      rule = try settings.specialTokens
    } else if let bytes = files[SentencePieceFile.name] {
      let file = try SentencePieceFile(bytes, file: "\(model)/\(SentencePieceFile.name)")
      parts = try file.parts(isLegacy: try settings.isLegacy)
      func spelling(_ token: Int?) -> [UInt8]? { token.map { file.pieces[$0].text } }
      rule = try settings.specialTokenRule(begin: spelling(file.begin), end: spelling(file.end))
    } else if let vocabulary = files["vocab.json"], let merges = files["merges.txt"] {
      parts = try Self.bytePairs(vocabulary, merges, model, settings)
    } else if let bytes = files["vocab.txt"] {
      parts = try Self.wordPieces(bytes, "\(model)/vocab.txt", settings)
    } else {
      let wanted = Self.vocabularies.map { $0.joined(separator: " with ") }.joined(separator: ", ")
      throw ModelError.request(model: model, message: "there is no tokenizer; looked for \(wanted)")
    }
    try addTokens(to: &parts, model, settings)
    do throws(TextPatternError) {
      return try Tokenizer(parts, specialTokens: rule)
    } catch {
      throw ModelError.request(model: model, message: error.message)
    }
  }

  /// A vocabulary of tiktoken's kind, if there is one and no other.
  private func ranked(_ model: String) throws(ModelError) -> RankedVocabulary? {
    if let bytes = files[SentencePieceFile.name], !RankedVocabulary.recognizes(bytes) { return nil }
    for kind in RankedVocabulary.Kind.allCases {
      guard let bytes = files[kind.rawValue] else { continue }
      return try RankedVocabulary(lines: bytes, kind: kind, file: "\(model)/\(kind.rawValue)")
    }
    return try files[RankedVocabulary.tekkenName].map { (bytes) throws(ModelError) in
      try RankedVocabulary(tekken: bytes, file: "\(model)/\(RankedVocabulary.tekkenName)")
    }
  }

  /// Adds the tokens that the files beside the vocabulary list; they replace those that are known by the same text.
  private func addTokens(
    to parts: inout Tokenizer.Parts, _ model: String, _ settings: TokenizerSettings
  ) throws(ModelError) {
    var added: [AddedToken] = []
    for (text, number) in try document("added_tokens.json", model)?.members() ?? [] {
      added.append(
        AddedToken(
          id: try number.integer(in: 0...BytePairModel.largestToken), content: Array(text.utf8), special: false))
    }
    added += try settings.addedTokens
    let contents = Set(added.map(\.content))
    parts.addedTokens = parts.addedTokens.filter { !contents.contains($0.content) } + added
  }
}
