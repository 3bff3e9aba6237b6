/// The pieces of a BERT tokenizer in GGUF metadata.
///
/// llama.cpp's converter writes them as SentencePiece would: a sign stands before pieces that begin a word, rather than
/// before those that go on in one.
struct GGUFWordPieces {
  /// The pieces as BERT's own files spell them.
  let spellings: [String]
  /// Whether texts are written small and without accents: no piece has a capital. The file does not say it.
  let isUncased: Bool
  /// The tokens that have a part to play, by the names of `tokenizer_config.json`.
  let roles: [(key: String, id: Int)]
  /// The tokens that are found in texts as they are written, in order.
  let specialTokens: [Int]

  /// What stands for words without pieces.
  var unknown: Int? { id(of: "unk") }
  /// What stands before texts.
  var begin: Int? { id(of: "cls") }
  /// What stands behind texts.
  var end: Int? { id(of: "sep") }

  /// The roles, the keys that name the token of each, the best first, and its usual spelling. The misspelt key is
  /// llama.cpp's own.
  private static let parts = [
    ("unk", ["unknown"], "[UNK]"), ("cls", ["cls", "bos"], "[CLS]"), ("sep", ["seperator", "eos"], "[SEP]"),
    ("pad", ["padding"], "[PAD]"), ("mask", ["mask"], "[MASK]"),
  ]

  private static let wordSign = Array(GGUFTokenizerParts.space.utf8)

  /// Reads the pieces; nil if there are none.
  init?(_ metadata: GGUFMetadata) {
    guard let tokens = metadata.texts("tokenizer.ggml.tokens") else { return nil }
    let types = metadata.integers("tokenizer.ggml.token_type") ?? []
    func isControl(_ id: Int) -> Bool {
      guard types.indices.contains(id) else { return false }
      return [GGUFTokenizer.TokenType.control, .unknown].contains(GGUFTokenizer.TokenType(rawValue: types[id]))
    }
    var spellings: [String] = []
    spellings.reserveCapacity(tokens.count)
    var hasCapitals = false
    for (id, range) in tokens.enumerated() {
      let text = metadata.bytes[range]
      // The converter leaves all pieces in brackets as they are, or only those that are control tokens.
      let isBracketed = text.first == UInt8(ascii: "[") && text.last == UInt8(ascii: "]") && text.count > 1
      if isControl(id) || isBracketed {
        spellings.append(String(decoding: text, as: UTF8.self))
        continue
      }
      hasCapitals = hasCapitals || text.contains { (0x41...0x5A).contains($0) }
      spellings.append(
        text.starts(with: Self.wordSign)
          ? String(decoding: text.dropFirst(Self.wordSign.count), as: UTF8.self)
          : "##" + String(decoding: text, as: UTF8.self))
    }
    let roles = Self.parts.compactMap { (key, names, usual) -> (key: String, id: Int)? in
      let named = names.lazy.compactMap { metadata.int("tokenizer.ggml.\($0)_token_id") }.first
      guard let id = named ?? spellings.firstIndex(of: usual), spellings.indices.contains(id) else { return nil }
      return (key, id)
    }
    self.spellings = spellings
    self.roles = roles
    isUncased = !hasCapitals
    specialTokens = Set(spellings.indices.filter(isControl) + roles.map(\.id)).sorted()
  }

  private func id(of key: String) -> Int? { roles.first { $0.key == key }?.id }
}
