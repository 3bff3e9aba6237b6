internal import Documents

/// The tokenizer in a GGUF file's metadata, as the files that Hugging Face has for it.
///
/// Byte-level BPE (`gpt2`) and SentencePiece's byte-pair models (`llama`) are written as `tokenizer.json`. Unigram
/// models (`t5`) and word pieces (`bert`) are left out.
struct GGUFTokenizer {
  private let metadata: GGUFMetadata

  /// The types of tokens: `llama_token_type` of llama.cpp, which are those of SentencePiece.
  enum TokenType: Int {
    case normal = 1
    case unknown, control, userDefined, unused, byte
  }

  /// The models that are understood.
  enum Model: String {
    /// Byte-level BPE with merges.
    case bytePairs = "gpt2"
    /// SentencePiece's byte-pair encoding, with scores.
    case scoredPieces = "llama"
  }

  init(_ metadata: GGUFMetadata) { self.metadata = metadata }

  /// `tokenizer.json` and `tokenizer_config.json`, as far as they can be made.
  var documents: [String: [UInt8]] {
    var documents: [String: [UInt8]] = [:]
    if let text = tokenizer { documents["tokenizer.json"] = text }
    if let settings { documents["tokenizer_config.json"] = Array(settings.pretty.utf8) }
    return documents
  }

  /// Why there is no `tokenizer.json`, or nil if there is one or nothing to make it of.
  var reason: String? {
    guard let name = metadata.string("tokenizer.ggml.model"), metadata["tokenizer.huggingface.json"] == nil,
      name != "none", name != "no_vocab"
    else { return nil }
    switch Model(rawValue: name) {
    case nil:
      return "the tokenizer is of the kind \(name); only gpt2 (byte-level BPE) and llama (SentencePiece) are understood"
    case .bytePairs:
      if preTokenizer == nil { return "the tokenizer cuts texts in the way \(wayName), which is not known" }
      return metadata.texts("tokenizer.ggml.tokens") == nil || metadata.texts("tokenizer.ggml.merges") == nil
        ? "the tokenizer has no tokens or no merges" : nil
    case .scoredPieces:
      guard let tokens = metadata.texts("tokenizer.ggml.tokens"), metadata["tokenizer.ggml.scores"] != nil else {
        return "the tokenizer has no tokens or no scores"
      }
      return PieceMerges.isFeasible(tokens) ? nil : "the tokenizer's pieces are too long"
    }
  }

  /// Checks that there is a score and a type for each token.
  func check(file: String) throws(FormatError) {
    guard case .array(let tokens)? = metadata["tokenizer.ggml.tokens"], tokens.type == .string else { return }
    for (key, isFitting) in [
      ("tokenizer.ggml.scores", { (type: GGUFType) in type == .float32 }),
      ("tokenizer.ggml.token_type", { (type: GGUFType) in type.isInteger }),
    ] {
      guard let value = metadata[key] else { continue }
      guard case .array(let array) = value, isFitting(array.type) else {
        throw FormatError(file: file, format: GGUF.name, found: "\(key) is no array of numbers of its kind")
      }
      guard array.count == tokens.count else {
        throw FormatError(
          file: file, format: GGUF.name, offset: array.bytes.lowerBound,
          found: "\(array.count) elements of \(key) for \(tokens.count) tokens", expected: "one for each")
      }
    }
    for (number, score) in (metadata.floats("tokenizer.ggml.scores") ?? []).enumerated() where score.isNaN {
      throw FormatError(file: file, format: GGUF.name, found: "the score of token \(number) is no number")
    }
  }

  private var wayName: String { metadata.string("tokenizer.ggml.pre") ?? "default" }
  private var preTokenizer: GGUFPreTokenizer? { GGUFPreTokenizer(named: wayName) }
  private var model: Model? { metadata.string("tokenizer.ggml.model").flatMap(Model.init) }

  // MARK: tokenizer.json

  private var tokenizer: [UInt8]? {
    if case .text(let range)? = metadata["tokenizer.huggingface.json"] { return Array(metadata.bytes[range]) }
    guard let tokens = metadata.texts("tokenizer.ggml.tokens") else { return nil }
    switch model {
    case .bytePairs:
      guard let way = preTokenizer, let merges = metadata.texts("tokenizer.ggml.merges") else { return nil }
      return document(
        tokens, GGUFTokenizerParts(way), begins: way.addsBeginByDefault, unknown: nil, merges: merges.map(text))
    case .scoredPieces:
      guard let merges = scoredMerges else { return nil }
      let parts = GGUFTokenizerParts(addsSpacePrefix: metadata.bool("tokenizer.ggml.add_space_prefix") ?? true)
      return document(
        tokens, parts, begins: true, unknown: token("unknown", tokens)?.text,
        merges: merges.map { text(tokens[Int($0.left)]) + " " + text(tokens[Int($0.right)]) })
    case nil: return nil
    }
  }

  private func document(
    _ tokens: [Range<Int>], _ parts: GGUFTokenizerParts, begins: Bool, unknown: String?, merges: [String]
  ) -> [UInt8] {
    let head: [(key: String, value: JSONValue)] = [
      ("version", .string("1.0")), ("truncation", .null), ("padding", .null),
      ("added_tokens", .array(addedTokens(tokens))), ("normalizer", parts.normalizer),
      ("pre_tokenizer", parts.preTokenizer),
      ("post_processor", postProcessor(tokens, beginsByDefault: begins) ?? parts.plainPostProcessor),
      ("decoder", parts.decoder),
    ]
    // Vocabularies are long, so that they are written straight into the bytes.
    var bytes = Array(JSONValue.object(head).line.dropLast().utf8)
    let model: [(key: String, value: JSONValue)] = [
      ("type", .string("BPE")), ("dropout", .null), ("unk_token", unknown.map(JSONValue.string) ?? .null),
      ("continuing_subword_prefix", .null), ("end_of_word_suffix", .null), ("fuse_unk", .bool(parts.fallsBackToBytes)),
      ("byte_fallback", .bool(parts.fallsBackToBytes)), ("ignore_merges", .bool(parts.ignoresMerges)),
    ]
    bytes += #", "model": "#.utf8
    bytes += JSONValue.object(model).line.dropLast().utf8
    bytes += #", "vocab": {"#.utf8
    for (number, token) in tokens.enumerated() {
      bytes += "\(number == 0 ? "" : ", ")\(JSONEdit.quote(text(token))): \(number)".utf8
    }
    bytes += #"}, "merges": ["#.utf8
    for (number, merge) in merges.enumerated() {
      bytes += "\(number == 0 ? "" : ", ")\(JSONEdit.quote(merge))".utf8
    }
    bytes += "]}}\n".utf8
    return bytes
  }

  /// The merges that scores stand for, or nil if there are no scores or the pieces are too long.
  private var scoredMerges: [PieceMerges.Merge]? {
    guard let tokens = metadata.texts("tokenizer.ggml.tokens"), let scores = metadata.floats("tokenizer.ggml.scores"),
      scores.count == tokens.count, PieceMerges.isFeasible(tokens)
    else { return nil }
    let types = metadata.integers("tokenizer.ggml.token_type")
    let space = UInt8(ascii: " ")
    return PieceMerges(of: tokens, in: metadata.bytes, scores: scores) { number in
      // Merges are two texts with a space between them.
      (types.map { $0[number] == TokenType.normal.rawValue } ?? true) && !metadata.bytes[tokens[number]].contains(space)
    }.merges
  }

  private func text(_ range: Range<Int>) -> String { String(decoding: metadata.bytes[range], as: UTF8.self) }

  private func token(_ name: String, _ tokens: [Range<Int>]) -> (id: Int, text: String)? {
    // What llama.cpp takes where a SentencePiece model does not say.
    let usual = model == .scoredPieces ? ["unknown": 0, "bos": 1, "eos": 2][name] : nil
    guard let id = metadata.int("tokenizer.ggml.\(name)_token_id") ?? usual, tokens.indices.contains(id) else {
      return nil
    }
    return (id, text(tokens[id]))
  }

  private func addedTokens(_ tokens: [Range<Int>]) -> [JSONValue] {
    let types = metadata.integers("tokenizer.ggml.token_type") ?? []
    return zip(tokens.indices, types).compactMap { id, number in
      guard let type = TokenType(rawValue: number), [.control, .unknown, .userDefined].contains(type) else {
        return nil
      }
      return .object([
        ("id", .integer(id)), ("content", .string(text(tokens[id]))), ("single_word", .bool(false)),
        ("lstrip", .bool(false)), ("rstrip", .bool(false)), ("normalized", .bool(false)),
        ("special", .bool(type != .userDefined)),
      ])
    }
  }

  /// Puts the begin and the end token around texts, if the file wants that.
  private func postProcessor(_ tokens: [Range<Int>], beginsByDefault: Bool) -> JSONValue? {
    let begins = metadata.bool("tokenizer.ggml.add_bos_token") ?? beginsByDefault
    let ends = metadata.bool("tokenizer.ggml.add_eos_token") ?? false
    let begin = begins ? token("bos", tokens) : nil
    let end = ends ? token("eos", tokens) : nil
    guard begin != nil || end != nil else { return nil }
    func special(_ token: (id: Int, text: String)?, _ type: Int) -> [JSONValue] {
      token.map { [.object([("SpecialToken", Self.piece($0.text, type))])] } ?? []
    }
    func sequence(_ name: String, _ type: Int) -> JSONValue { .object([("Sequence", Self.piece(name, type))]) }
    let single = special(begin, 0) + [sequence("A", 0)] + special(end, 0)
    let pair = single + special(begin, 1) + [sequence("B", 1)] + special(end, 1)
    var members: [(key: String, value: JSONValue)] = []
    for token in [begin, end].compactMap({ $0 }) where !members.contains(where: { $0.key == token.text }) {
      let parts: [(key: String, value: JSONValue)] = [
        ("id", .string(token.text)), ("ids", .array([.integer(token.id)])), ("tokens", .array([.string(token.text)])),
      ]
      members.append((token.text, .object(parts)))
    }
    return .object([
      ("type", .string("TemplateProcessing")), ("single", .array(single)), ("pair", .array(pair)),
      ("special_tokens", .object(members)),
    ])
  }

  private static func piece(_ id: String, _ type: Int) -> JSONValue {
    .object([("id", .string(id)), ("type_id", .integer(type))])
  }

  // MARK: tokenizer_config.json

  private var settings: JSONValue? {
    guard let tokens = metadata.texts("tokenizer.ggml.tokens") else { return nil }
    var members: [(key: String, value: JSONValue)] = [
      ("tokenizer_class", .string("PreTrainedTokenizerFast")), ("clean_up_tokenization_spaces", .bool(false)),
    ]
    for (key, name) in [("bos", "bos"), ("eos", "eos"), ("unk", "unknown"), ("pad", "padding")] {
      if let token = token(name, tokens) { members.append((key + "_token", .string(token.text))) }
    }
    if let architecture = metadata.string("general.architecture"),
      let length = metadata.int(architecture + ".context_length")
    {
      members.append(("model_max_length", .integer(length)))
    }
    if let template = metadata.string("tokenizer.chat_template") {
      members.append(("chat_template", .string(template)))
    }
    return .object(members)
  }
}
