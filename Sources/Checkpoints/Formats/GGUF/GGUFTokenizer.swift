internal import Documents

/// The tokenizer in a GGUF file's metadata, as the files that Hugging Face has for it.
///
/// Byte-level BPE (`gpt2`), SentencePiece's byte-pair models (`llama`) and Unigram models (`t5`), and BERT's word pieces
/// (`bert`) are written as `tokenizer.json`.
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
    /// BERT's pieces.
    case wordPieces = "bert"
    /// SentencePiece's Unigram models: those of T5 and XLM-RoBERTa.
    case unigram = "t5"

    /// The tokens that llama.cpp takes where a file does not say.
    var usualTokens: [String: Int] {
      switch self {
      case .scoredPieces: ["unknown": 0, "bos": 1, "eos": 2]
      case .unigram: ["padding": 0, "eos": 1, "unknown": 2]
      case .bytePairs, .wordPieces: [:]
      }
    }
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
      return
        "the tokenizer is of the kind \(name); understood are gpt2 (byte-level BPE), llama and t5 (SentencePiece), "
        + "and bert (word pieces)"
    case .bytePairs:
      if preTokenizer == nil { return "the tokenizer cuts texts in the way \(wayName), which is not known" }
      return metadata.texts("tokenizer.ggml.tokens") == nil || metadata.texts("tokenizer.ggml.merges") == nil
        ? "the tokenizer has no tokens or no merges" : nil
    case .scoredPieces:
      guard let tokens = metadata.texts("tokenizer.ggml.tokens"), metadata["tokenizer.ggml.scores"] != nil else {
        return "the tokenizer has no tokens or no scores"
      }
      return PieceMerges.isFeasible(tokens) ? nil : "the tokenizer's pieces are too long"
    case .wordPieces:
      guard let pieces = wordPieces else { return "the tokenizer has no tokens" }
      return pieces.unknown == nil ? "the tokenizer has no token for unknown words" : nil
    case .unigram: return scoresOfPieces == nil ? "the tokenizer has no tokens or no scores that can be summed" : nil
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
      return bytePairs(
        tokens, GGUFTokenizerParts(way), begins: way.addsBeginByDefault, unknown: nil, merges: merges.map(text))
    case .scoredPieces:
      guard let merges = scoredMerges else { return nil }
      let parts = GGUFTokenizerParts(addsSpacePrefix: metadata.bool("tokenizer.ggml.add_space_prefix") ?? true)
      return bytePairs(
        tokens, parts, begins: true, unknown: token("unknown", tokens)?.text,
        merges: merges.map { text(tokens[Int($0.left)]) + " " + text(tokens[Int($0.right)]) })
    case .wordPieces:
      guard let pieces = wordPieces, let unknown = pieces.unknown else { return nil }
      return wordPieces(pieces, unknown: pieces.spellings[unknown])
    case .unigram: return scoresOfPieces.map { unigram(tokens, scores: $0) }
    case nil: return nil
    }
  }

  /// A `tokenizer.json` around a model, whose vocabulary comes last.
  private func document(
    _ parts: GGUFTokenizerParts, added: [JSONValue], postProcessor: JSONValue,
    model: [(key: String, value: JSONValue)], vocabulary: (inout [UInt8]) -> Void
  ) -> [UInt8] {
    let head: [(key: String, value: JSONValue)] = [
      ("version", .string("1.0")), ("truncation", .null), ("padding", .null), ("added_tokens", .array(added)),
      ("normalizer", parts.normalizer), ("pre_tokenizer", parts.preTokenizer), ("post_processor", postProcessor),
      ("decoder", parts.decoder),
    ]
    // Vocabularies are long, so that they are written straight into the bytes.
    var bytes = Array(JSONValue.object(head).line.dropLast().utf8)
    bytes += #", "model": "#.utf8
    bytes += JSONValue.object(model).line.dropLast().utf8
    vocabulary(&bytes)
    bytes += "}}\n".utf8
    return bytes
  }

  private static func append(_ spellings: some Sequence<String>, to bytes: inout [UInt8]) {
    bytes += #", "vocab": {"#.utf8
    for (number, spelling) in spellings.enumerated() {
      bytes += "\(number == 0 ? "" : ", ")\(JSONEdit.quote(spelling)): \(number)".utf8
    }
    bytes += "}".utf8
  }

  private func bytePairs(
    _ tokens: [Range<Int>], _ parts: GGUFTokenizerParts, begins: Bool, unknown: String?, merges: [String]
  ) -> [UInt8] {
    let model: [(key: String, value: JSONValue)] = [
      ("type", .string("BPE")), ("dropout", .null), ("unk_token", unknown.map(JSONValue.string) ?? .null),
      ("continuing_subword_prefix", .null), ("end_of_word_suffix", .null), ("fuse_unk", .bool(parts.fallsBackToBytes)),
      ("byte_fallback", .bool(parts.fallsBackToBytes)), ("ignore_merges", .bool(parts.ignoresMerges)),
    ]
    return document(
      parts, added: addedTokens(tokens),
      postProcessor: postProcessor(tokens, begins: begins, ends: false) ?? parts.plainPostProcessor, model: model
    ) { bytes in
      Self.append(tokens.lazy.map(text), to: &bytes)
      bytes += #", "merges": ["#.utf8
      for (number, merge) in merges.enumerated() {
        bytes += "\(number == 0 ? "" : ", ")\(JSONEdit.quote(merge))".utf8
      }
      bytes += "]".utf8
    }
  }

  private var wordPieces: GGUFWordPieces? { GGUFWordPieces(metadata) }

  private func wordPieces(_ pieces: GGUFWordPieces, unknown: String) -> [UInt8] {
    let model: [(key: String, value: JSONValue)] = [
      ("type", .string("WordPiece")), ("unk_token", .string(unknown)), ("continuing_subword_prefix", .string("##")),
      ("max_input_chars_per_word", .integer(100)),
    ]
    let added = pieces.specialTokens.map { id in Self.added(id, pieces.spellings[id], isSpecial: true) }
    func token(_ id: Int?) -> (id: Int, text: String)? { id.map { ($0, pieces.spellings[$0]) } }
    return document(
      GGUFTokenizerParts(lowercases: pieces.isUncased), added: added,
      postProcessor: Self.template(begin: token(pieces.begin), end: token(pieces.end), marksSecond: true) ?? .null,
      model: model
    ) { Self.append(pieces.spellings, to: &$0) }
  }

  private func unigram(_ tokens: [Range<Int>], scores: [Float]) -> [UInt8] {
    let types = metadata.integers("tokenizer.ggml.token_type") ?? []
    let unknown = token("unknown", tokens)
    let model: [(key: String, value: JSONValue)] = [
      ("type", .string("Unigram")), ("unk_id", unknown.map { .integer($0.id) } ?? .null),
      ("byte_fallback", .bool(types.contains(TokenType.byte.rawValue))),
    ]
    var characters: [UInt8]?
    if case .array(let map)? = metadata["tokenizer.ggml.precompiled_charsmap"], [.uint8, .int8].contains(map.type) {
      characters = Array(metadata.bytes[map.bytes])
    }
    let parts = GGUFTokenizerParts(
      characters: characters, removesExtraSpaces: metadata.bool("tokenizer.ggml.remove_extra_whitespaces") ?? false,
      addsSpacePrefix: metadata.bool("tokenizer.ggml.add_space_prefix") ?? false)
    return document(
      parts, added: addedTokens(tokens), postProcessor: postProcessor(tokens, begins: false, ends: true) ?? .null,
      model: model
    ) { bytes in
      bytes += #", "vocab": ["#.utf8
      for (number, token) in tokens.enumerated() {
        // Tokens that are never made of text must not be the worst ones, by which unknown characters are judged.
        let isMade = !types.indices.contains(number) || ![2, 3].contains(types[number])
        let score = isMade ? Double(scores[number]) : 0
        bytes += "\(number == 0 ? "" : ", ")[\(JSONEdit.quote(text(token))), \(score)]".utf8
      }
      bytes += "]".utf8
    }
  }

  /// The scores of a Unigram model, or nil if they are not all there and finite.
  private var scoresOfPieces: [Float]? {
    guard let tokens = metadata.texts("tokenizer.ggml.tokens"), let scores = metadata.floats("tokenizer.ggml.scores"),
      scores.count == tokens.count, scores.allSatisfy(\.isFinite)
    else { return nil }
    return scores
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
    guard let id = metadata.int("tokenizer.ggml.\(name)_token_id") ?? model?.usualTokens[name],
      tokens.indices.contains(id)
    else {
      return nil
    }
    return (id, text(tokens[id]))
  }

  private func addedTokens(_ tokens: [Range<Int>]) -> [JSONValue] {
    let types = metadata.integers("tokenizer.ggml.token_type") ?? []
    let mask = metadata.int("tokenizer.ggml.mask_token_id")
    return zip(tokens.indices, types).compactMap { id, number in
      guard let type = TokenType(rawValue: number), [.control, .unknown, .userDefined].contains(type) else {
        return nil
      }
      // The mask of Unigram models takes the spaces before it.
      return Self.added(
        id, text(tokens[id]), isSpecial: type != .userDefined, stripsLeft: model == .unigram && id == mask)
    }
  }

  private static func added(_ id: Int, _ text: String, isSpecial: Bool, stripsLeft: Bool = false) -> JSONValue {
    .object([
      ("id", .integer(id)), ("content", .string(text)), ("single_word", .bool(false)), ("lstrip", .bool(stripsLeft)),
      ("rstrip", .bool(false)), ("normalized", .bool(false)), ("special", .bool(isSpecial)),
    ])
  }

  /// Puts the begin and the end token around texts, if the file wants that or does not say and it is usual.
  private func postProcessor(_ tokens: [Range<Int>], begins: Bool, ends: Bool) -> JSONValue? {
    let begins = metadata.bool("tokenizer.ggml.add_bos_token") ?? begins
    let ends = metadata.bool("tokenizer.ggml.add_eos_token") ?? ends
    return Self.template(begin: begins ? token("bos", tokens) : nil, end: ends ? token("eos", tokens) : nil)
  }

  /// A processor that puts tokens around texts; nil without tokens.
  ///
  /// - Parameter marksSecond: whether the second of two texts is told by its type, as BERT has it, and has no begin
  ///   token.
  private static func template(
    begin: (id: Int, text: String)?, end: (id: Int, text: String)?, marksSecond: Bool = false
  ) -> JSONValue? {
    guard begin != nil || end != nil else { return nil }
    func special(_ token: (id: Int, text: String)?, _ type: Int) -> [JSONValue] {
      token.map { [.object([("SpecialToken", Self.piece($0.text, type))])] } ?? []
    }
    func sequence(_ name: String, _ type: Int) -> JSONValue { .object([("Sequence", Self.piece(name, type))]) }
    let single = special(begin, 0) + [sequence("A", 0)] + special(end, 0)
    let pair = single + special(marksSecond ? nil : begin, 1) + [sequence("B", 1)] + special(end, 1)
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
    if let pieces = wordPieces, model == .wordPieces {
      for (key, id) in pieces.roles { members.append((key + "_token", .string(pieces.spellings[id]))) }
    } else {
      for (key, name) in [("bos", "bos"), ("eos", "eos"), ("unk", "unknown"), ("pad", "padding")] {
        if let token = token(name, tokens) { members.append((key + "_token", .string(token.text))) }
      }
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
