internal import Documents

/// A tokenizer as GGUF metadata has it: byte-level BPE, as `tokenizer.json` describes it.
struct GGUFVocabulary {
  private let model: String
  private var way = GGUFPreTokenizer.gpt2
  private var tokens: [String] = []
  private var types: [Int32] = []
  private var merges: [String] = []
  private var specialTokens: [(key: String, id: Int)] = []
  private var addsBegin = false
  private var addsEnd = false
  private var chatTemplate: String?

  /// Reads the documents of a tokenizer; without one, the file says that it has no vocabulary.
  init(
    _ tokenizer: JSONNode?, configuration: JSONNode?, model settings: JSONNode?, chatTemplate: String?, size: Int
  ) throws(CheckpointError) {
    self.chatTemplate = chatTemplate ?? configuration?["chat_template"]?.string
    guard let tokenizer else {
      model = "none"
      return
    }
    model = "gpt2"
    way = try Self.way(of: tokenizer)
    try readTokens(tokenizer, size: size)
    for merge in tokenizer["model"]?["merges"]?.array ?? [] {
      let pieces = merge.array.map { $0.compactMap(\.string) } ?? []
      guard let text = merge.string ?? (pieces.count == 2 ? pieces.joined(separator: " ") : nil) else {
        throw GGUFModelSettings.refusal("tokenizer.json has a merge that is not two pieces")
      }
      merges.append(text)
    }
    readSpecialTokens(configuration, settings)
    let template = Self.template(tokenizer["post_processor"])
    addsBegin = configuration?["add_bos_token"]?.bool ?? (template.map { $0.first?["SpecialToken"] != nil } ?? false)
    addsEnd = configuration?["add_eos_token"]?.bool ?? (template.map { $0.last?["SpecialToken"] != nil } ?? false)
  }

  private static func way(of tokenizer: JSONNode) throws(CheckpointError) -> GGUFPreTokenizer {
    let supported = "supported: byte-level BPE that cuts words as \(GGUFPreTokenizer.writable) do"
    guard tokenizer["model"]?["type"]?.string ?? "BPE" == "BPE",
      tokenizer["model"]?["byte_fallback"]?.bool != true
    else { throw GGUFModelSettings.refusal("the tokenizer is not byte-level BPE", hint: supported) }
    if let normalizer = tokenizer["normalizer"], !normalizer.isNull, normalizer["type"]?.string != "NFC" {
      throw GGUFModelSettings.refusal("the tokenizer normalises texts, which llama.cpp would not do", hint: supported)
    }
    guard let way = GGUFPreTokenizer(recognizing: tokenizer["pre_tokenizer"]) else {
      throw GGUFModelSettings.refusal("the tokenizer cuts words in a way that has no name", hint: supported)
    }
    return way
  }

  private mutating func readTokens(_ tokenizer: JSONNode, size: Int) throws(CheckpointError) {
    var spellings: [Int: (text: String, type: GGUFTokenizer.TokenType)] = [:]
    for member in tokenizer["model"]?["vocab"]?.object ?? [] {
      if let id = member.node.int { spellings[id] = (member.key, .normal) }
    }
    for token in tokenizer["added_tokens"]?.array ?? [] {
      guard let id = token["id"]?.int, let text = token["content"]?.string else { continue }
      // llama.cpp's converter takes tokens that look special for special ones.
      let isControl = token["special"]?.bool == true || text.hasPrefix("<|") && text.hasSuffix("|>")
      spellings[id] = (text, isControl ? .control : .userDefined)
    }
    guard let last = spellings.keys.max(), last < size, let first = spellings.keys.min(), first >= 0 else {
      throw GGUFModelSettings.refusal("the tokenizer has more tokens than the embedding, which has \(size)")
    }
    for id in 0..<size {
      let (text, type) = spellings[id] ?? ("[PAD\(id)]", .unused)
      tokens.append(text)
      types.append(Int32(type.rawValue))
    }
  }

  private mutating func readSpecialTokens(_ configuration: JSONNode?, _ settings: JSONNode?) {
    let numbers = Dictionary(tokens.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    for (name, key) in [("bos", "bos"), ("eos", "eos"), ("unk", "unknown"), ("pad", "padding")] {
      let token = configuration?[name + "_token"]
      let number = settings?[name + "_token_id"]
      let id =
        (token?.string ?? token?["content"]?.string).flatMap { numbers[$0] } ?? number?.int
        ?? number?.array?.first?.int
      if let id, tokens.indices.contains(id) { specialTokens.append(("tokenizer.ggml.\(key)_token_id", id)) }
    }
  }

  /// The pieces of the template that a post-processor puts around a text, or nil if there is none.
  private static func template(_ processor: JSONNode?) -> [JSONNode]? {
    let candidates = [processor].compactMap { $0 } + (processor?["processors"]?.array ?? [])
    return candidates.first { $0["type"]?.string == "TemplateProcessing" }?["single"]?.array
  }

  /// Writes everything, in the order of llama.cpp's converter.
  func write(to writer: inout GGUFHeaderWriter) {
    writer.add("tokenizer.ggml.model", model)
    if model != "none" {
      writer.add("tokenizer.ggml.pre", way.names[0])
      writer.add("tokenizer.ggml.tokens", tokens)
      writer.add("tokenizer.ggml.token_type", types)
      writer.add("tokenizer.ggml.merges", merges)
      for (key, id) in specialTokens { writer.add(key, UInt32(id)) }
      writer.add("tokenizer.ggml.add_bos_token", addsBegin)
      writer.add("tokenizer.ggml.add_eos_token", addsEnd)
    }
    if let chatTemplate { writer.add("tokenizer.chat_template", chatTemplate) }
  }
}
