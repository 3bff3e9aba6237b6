/// What `tokenizer_config.json` says: special tokens and the longest text.
struct TokenizerSettings: Sendable {
  private let value: ModelValue?

  init(_ value: ModelValue?) throws(ModelError) { self.value = value }

  /// The text of a special token, which is a string or an object with its content.
  private func text(_ key: String) throws(ModelError) -> String? {
    guard let token = value?[key] else { return nil }
    if token.isObject { return try token.member("content").string() }
    return try token.string()
  }

  /// Whether the configuration decides about begin and end tokens, and how; then it outranks the post-processor.
  var specialTokens: SpecialTokenRule? {
    get throws(ModelError) {
      guard let value, value["add_bos_token"] != nil || value["add_eos_token"] != nil else { return nil }
      var rule = SpecialTokenRule()
      if try value.bool("add_bos_token", default: false) { rule.begin = try text("bos_token").map { Array($0.utf8) } }
      if try value.bool("add_eos_token", default: false) { rule.end = try text("eos_token").map { Array($0.utf8) } }
      return rule
    }
  }

  /// Which special tokens a SentencePiece model puts around a text, which itself does not say.
  ///
  /// - Parameters:
  ///   - begin: the model's begin token, which counts unless the settings say otherwise.
  ///   - end: the model's end token, which counts only if the settings say so.
  func specialTokenRule(begin: [UInt8]?, end: [UInt8]?) throws(ModelError) -> SpecialTokenRule {
    var rule = SpecialTokenRule()
    if try value?.bool("add_bos_token", default: true) ?? true {
      rule.begin = try text("bos_token").map { Array($0.utf8) } ?? begin
    }
    if try value?.bool("add_eos_token", default: false) ?? false {
      rule.end = try text("eos_token").map { Array($0.utf8) } ?? end
    }
    return rule
  }

  /// Whether text behind a special token gets a space in front, as text at the beginning does.
  var isLegacy: Bool { get throws(ModelError) { try value?.bool("legacy", default: true) ?? true } }

  /// Whether GPT-2's words begin with a space even where the text does not.
  var addsPrefixSpace: Bool {
    get throws(ModelError) { try value?.bool("add_prefix_space", default: false) ?? false }
  }

  /// The families whose vocabularies are `vocab.json` and `merges.txt`.
  enum BytePairKind: String, CaseIterable {
    case gpt2 = "GPT2Tokenizer"
    case roberta = "RobertaTokenizer"
    case qwen2 = "Qwen2Tokenizer"
  }

  /// The family of a vocabulary in these two files.
  var bytePairKind: BytePairKind {
    get throws(ModelError) { try family(of: "vocab.json and merges.txt", otherwise: .gpt2) }
  }

  /// The families whose vocabularies are `spiece.model`.
  enum PieceFamily: String, CaseIterable {
    case t5 = "T5Tokenizer"
    case albert = "AlbertTokenizer"
    case xlnet = "XLNetTokenizer"
  }

  /// The family of a vocabulary in this file.
  var pieceFamily: PieceFamily {
    get throws(ModelError) { try family(of: "spiece.model", otherwise: .t5) }
  }

  /// The family that the class of the tokenizer names.
  private func family<Family: CaseIterable & RawRepresentable<String>>(
    of files: String, otherwise usual: Family
  ) throws(ModelError) -> Family {
    guard let name = value?["tokenizer_class"] else { return usual }
    let text = try name.string()
    let plain = text.hasSuffix("Fast") ? String(text.dropLast(4)) : text
    guard let family = Family(rawValue: plain) else {
      throw name.unknown("tokenizer of \(files)", text, known: Family.allCases.map(\.rawValue))
    }
    return family
  }

  /// How BERT's texts are cleaned before they are cut into the pieces of `vocab.txt`.
  var bertNormalizer: BERTNormalizer {
    get throws(ModelError) {
      let lowercases = try value?.bool("do_lower_case", default: true) ?? true
      return BERTNormalizer(
        spacesIdeographs: try value?.bool("tokenize_chinese_chars", default: true) ?? true,
        stripsAccents: try value?.bool("strip_accents", default: lowercases) ?? lowercases, lowercases: lowercases)
    }
  }

  /// The tokens that are found in the text itself.
  var addedTokens: [AddedToken] {
    get throws(ModelError) {
      var tokens: [AddedToken] = []
      for (number, entry) in try value?["added_tokens_decoder"]?.members() ?? [] {
        guard let id = Int(number), (0...BytePairModel.largestToken).contains(id) else {
          throw entry.failure("expected the number of a token as the key")
        }
        var token = try AddedToken(entry, id: id)
        token.id = id
        tokens.append(token)
      }
      return tokens
    }
  }

  /// The begin token, else the end token: those of the tokenizer, else those of the model.
  func prefixToken(_ tokenizer: Tokenizer, _ configuration: ModelValue) throws(ModelError) -> Int? {
    for key in ["bos_token", "eos_token"] {
      if let text = try text(key), let token = tokenizer.token(text) { return token }
    }
    for key in ["bos_token_id", "eos_token_id"] {
      if let token = try configuration.tokens(key)?.first { return token }
    }
    return nil
  }

  /// The tokens that end a generation: those of the generation's configuration, else the model's, else the tokenizer's.
  func endTokens(
    _ tokenizer: Tokenizer, _ configuration: ModelValue, _ generation: ModelValue?
  ) throws(ModelError) -> Set<Int> {
    if let tokens = try generation?.tokens("eos_token_id") { return Set(tokens) }
    if let tokens = try configuration.tokens("eos_token_id") { return Set(tokens) }
    if let text = try text("eos_token"), let token = tokenizer.token(text) { return [token] }
    return []
  }

  /// The most tokens the model can look at, by the first setting that says so.
  func maximumLength(_ configuration: ModelValue) throws(ModelError) -> Int {
    let settings = configuration["text_config"] ?? configuration
    for key in ["n_positions", "max_position_embeddings", "n_ctx"] {
      if let length = settings[key] { return try length.integer(in: 1...(1 << 40)) }
    }
    // Tokenizers without a limit say 1e30.
    if let length = value?["model_max_length"], try length.number(positive: true) < 1e12 {
      return Int(try length.number())
    }
    return 2048
  }
}

extension ModelValue {
  /// A token, or several, by number.
  fileprivate func tokens(_ key: String) throws(ModelError) -> [Int]? {
    guard let value = self[key] else { return nil }
    guard value.isArray else { return [try value.integer(in: 0...BytePairModel.largestToken)] }
    var tokens: [Int] = []
    for element in try value.elements() { tokens.append(try element.integer(in: 0...BytePairModel.largestToken)) }
    return tokens
  }
}
