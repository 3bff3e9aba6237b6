/// What a tensor of an adapter is for, by its name.
///
/// PEFT saves `base_model.model.` + module + part, for instance
/// `base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight`. Programs that save the state of a whole training
/// run leave the adapter's name in it (`lora_A.default.weight`) and the wrappers (`q_proj.base_layer.bias`).
struct AdapterTensorName: Hashable {
  /// What a tensor does.
  enum Part: Hashable {
    /// The matrix from inputs to ranks, and the one from ranks to outputs.
    case inward, outward
    /// The same for an embedding, whose inputs are tokens.
    case embeddingInward, embeddingOutward
    /// What is added to the module's bias.
    case outwardBias
    /// The lengths that rows are brought to (DoRA).
    case magnitudes
    /// Rows that take the place of an embedding's, one for each trained token.
    case tokenRows
    /// A tensor that takes the place of the model's.
    case whole
    /// A copy of what the model has anyway.
    case original
    /// Something that no part of LoRA is called.
    case unknown
  }

  /// The module that is adapted, or the whole name of a tensor that is replaced.
  var target: String
  /// What the tensor does.
  var part: Part
  /// How many wrappers the module is inside of: parameters of one module that are adapted by themselves differ in it.
  var depth: Int
  /// The adapter's name, where the tensor's has it.
  var adapter: String?

  /// Takes a name apart.
  init(_ name: String) {
    var words = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    if words.starts(with: ["base_model", "model"]) { words.removeFirst(2) }
    let border = words.firstIndex(where: Self.isMark) ?? words.count
    let module = words[..<border].filter { $0 != "base_layer" }
    depth = border - module.count
    adapter = nil
    guard border < words.count else {
      target = module.joined(separator: ".")
      part = .whole
      return
    }
    var rest = Array(words[(border + 1)...])
    var mark = words[border]
    switch mark {
    case "modules_to_save", "original_module":
      if mark == "modules_to_save", rest.count > 1 { adapter = rest.removeFirst() }
      target = (module + rest.filter { $0 != "base_layer" }).joined(separator: ".")
      part = mark == "original_module" ? .original : .whole
      return
    default: target = module.joined(separator: ".")
    }
    if mark == "token_adapter", !rest.isEmpty {
      mark = rest.removeFirst()
      if mark == "base_layer" {
        // What the rows were trained over, as programs save it that take the state of the whole model.
        part = .original
        return
      }
    }
    let leaf = rest.last == "weight" || rest.last == "bias" ? rest.removeLast() : nil
    if rest.count == 1 { adapter = rest[0] }
    part =
      switch (mark, leaf, rest.count) {
      case ("lora_A", "weight", 0...1): .inward
      case ("lora_B", "weight", 0...1): .outward
      case ("lora_B", "bias", 0...1): .outwardBias
      case ("lora_embedding_A", nil, 0...1): .embeddingInward
      case ("lora_embedding_B", nil, 0...1): .embeddingOutward
      case ("trainable_tokens_delta", nil, 0...1): .tokenRows
      case ("trainable_tokens_original", nil, 0...1): .original
      case ("lora_magnitude_vector", nil, 0...1), ("lora_magnitude_vector", "weight", 0...1): .magnitudes
      default: .unknown
      }
  }

  /// Whether a word of a name begins what PEFT, and not the model, has named.
  private static func isMark(_ word: String) -> Bool {
    ["modules_to_save", "original_module", "token_adapter"].contains(word)
      || ["lora_", "trainable_tokens_", "hada_", "ia3_", "vera_", "oft_", "boft_"].contains(where: word.hasPrefix)
  }
}
