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
