internal import Documents

/// The tokenizer in a GGUF file's metadata, as the files that Hugging Face has for it.
///
/// Byte-level BPE is written as `tokenizer.json`. SentencePiece models (`llama`, `t5`) are left out: their merges are
/// not in the file, only scores.
struct GGUFTokenizer {
  private let metadata: GGUFMetadata

  /// The types of tokens: `llama_token_type` of llama.cpp.
  enum TokenType: Int {
    case normal = 1
    case unknown, control, userDefined, unused, byte
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
    guard let model = metadata.string("tokenizer.ggml.model"), metadata["tokenizer.huggingface.json"] == nil,
      model != "none", model != "no_vocab"
    else { return nil }
    guard model == "gpt2" else {
      return "the tokenizer is of the kind \(model); only gpt2 (byte-level BPE) is understood"
    }
    if preTokenizer == nil { return "the tokenizer cuts texts in the way \(wayName), which is not known" }
    return metadata.texts("tokenizer.ggml.tokens") == nil || metadata.texts("tokenizer.ggml.merges") == nil
      ? "the tokenizer has no tokens or no merges" : nil
  }

  private var wayName: String { metadata.string("tokenizer.ggml.pre") ?? "default" }
  private var preTokenizer: GGUFPreTokenizer? { GGUFPreTokenizer(named: wayName) }

  // MARK: tokenizer.json

  private var tokenizer: [UInt8]? {
    if case .text(let range)? = metadata["tokenizer.huggingface.json"] { return Array(metadata.bytes[range]) }
    guard metadata.string("tokenizer.ggml.model") == "gpt2", let way = preTokenizer,
      let tokens = metadata.texts("tokenizer.ggml.tokens"), let merges = metadata.texts("tokenizer.ggml.merges")
    else { return nil }
    let head: [(key: String, value: JSONValue)] = [
      ("version", .string("1.0")), ("truncation", .null), ("padding", .null),
      ("added_tokens", .array(addedTokens(tokens))),
      ("normalizer", way.isComposing ? .object([("type", .string("NFC"))]) : .null),
      ("pre_tokenizer", Self.preTokenizer(way)), ("post_processor", postProcessor(tokens, way)),
      ("decoder", Self.byteLevel(splits: true)),
    ]
    // Vocabularies are long, so that they are written straight into the bytes.
    var bytes = Array(JSONValue.object(head).line.dropLast().utf8)
    bytes += #", "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null, "#.utf8
    bytes += #""end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "ignore_merges": "#.utf8
    bytes += (way.ignoresMerges ? "true" : "false").utf8
    bytes += #", "vocab": {"#.utf8
    for (number, token) in tokens.enumerated() {
      bytes += "\(number == 0 ? "" : ", ")\(JSONEdit.quote(text(token))): \(number)".utf8
    }
    bytes += #"}, "merges": ["#.utf8
    for (number, merge) in merges.enumerated() {
      bytes += "\(number == 0 ? "" : ", ")\(JSONEdit.quote(text(merge)))".utf8
    }
    bytes += "]}}\n".utf8
    return bytes
  }

  private func text(_ range: Range<Int>) -> String { String(decoding: metadata.bytes[range], as: UTF8.self) }

  private func token(_ name: String, _ tokens: [Range<Int>]) -> (id: Int, text: String)? {
    guard let id = metadata.int("tokenizer.ggml.\(name)_token_id"), tokens.indices.contains(id) else { return nil }
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

  private static func byteLevel(splits: Bool) -> JSONValue {
    .object([
      ("type", .string("ByteLevel")), ("add_prefix_space", .bool(false)), ("trim_offsets", .bool(true)),
      ("use_regex", .bool(splits)),
    ])
  }

  private static func preTokenizer(_ way: GGUFPreTokenizer) -> JSONValue {
    var steps: [JSONValue] = way.patterns.map { pattern in
      .object([
        ("type", .string("Split")), ("pattern", .object([("Regex", .string(pattern))])),
        ("behavior", .string("Isolated")), ("invert", .bool(false)),
      ])
    }
    if way.splitsDigits { steps.append(.object([("type", .string("Digits")), ("individual_digits", .bool(true))])) }
    steps.append(byteLevel(splits: way.patterns.isEmpty))
    return steps.count == 1
      ? steps[0] : .object([("type", .string("Sequence")), ("pretokenizers", .array(steps))])
  }

  /// Puts the begin and the end token around texts, if the file wants that.
  private func postProcessor(_ tokens: [Range<Int>], _ way: GGUFPreTokenizer) -> JSONValue {
    let begins = metadata.bool("tokenizer.ggml.add_bos_token") ?? way.addsBeginByDefault
    let ends = metadata.bool("tokenizer.ggml.add_eos_token") ?? false
    let begin = begins ? token("bos", tokens) : nil
    let end = ends ? token("eos", tokens) : nil
    guard begin != nil || end != nil else {
      return .object([
        ("type", .string("ByteLevel")), ("add_prefix_space", .bool(true)), ("trim_offsets", .bool(false)),
      ])
    }
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
