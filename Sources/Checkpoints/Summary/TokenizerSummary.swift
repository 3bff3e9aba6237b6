internal import Documents

/// What kind of tokenizer lies beside a model's weights.
public struct TokenizerSummary: Hashable, Sendable {
  /// The file it was found in.
  public var file: String
  /// The kind of model, as `tokenizer.json` calls it: `BPE`, `Unigram`, `WordPiece`.
  public var kind: String?
  /// How many tokens there are, added ones included.
  public var vocabularySize: Int?

  /// Looks for a tokenizer in a model folder; nil if there is none.
  public init?(of model: ModelFolder) throws(CheckpointError) {
    if let json = try model.json(named: "tokenizer.json") {
      file = "tokenizer.json"
      kind = json.root["model"]?["type"]?.string
      vocabularySize = Self.vocabularySize(of: json.root)
      return
    }
    let others = ["tokenizer.model", "vocab.json", "vocab.txt", "spiece.model"]
    guard let found = others.first(where: { FileStatus(path: Path.join(model.path, $0)) != nil }) else { return nil }
    file = found
  }

  private static func vocabularySize(of root: JSONNode) -> Int? {
    guard let vocabulary = root["model"]?["vocab"] else { return nil }
    var tokens: Set<[UInt8]> = []
    // Tokens are told apart by their bytes: two spellings of one character are two tokens.
    if let members = vocabulary.object { for member in members { tokens.insert(Array(member.key.utf8)) } }
    if let pieces = vocabulary.array {
      for piece in pieces { if let text = piece.array?.first?.string { tokens.insert(Array(text.utf8)) } }
    }
    for added in root["added_tokens"]?.array ?? [] {
      if let text = added["content"]?.string { tokens.insert(Array(text.utf8)) }
    }
    return tokens.count
  }

  var text: String {
    var parts: [String] = []
    if let kind { parts.append(PrintableText.of(kind)) }
    if let vocabularySize { parts.append("\(vocabularySize) tokens") }
    return parts.isEmpty ? file : parts.joined(separator: ", ") + " (\(file))"
  }
}
