internal import Tensors

/// A kind of model that GGUF files hold: what its tensors are called there and at Hugging Face.
///
/// The names are those of llama.cpp (`LLM_TENSOR_NAMES`) and of transformers' model classes.
struct GGUFArchitecture: Sendable {
  /// The value of `general.architecture`, which keys of the metadata begin with.
  let name: String
  /// The `model_type` of transformers.
  let modelType: String
  /// Transformers' classes of such models; the first one is written.
  let classes: [String]
  /// The activation of feed-forward blocks.
  let activation: String
  /// Whether the rows of query and key projections are stored in pairs; see ``RotaryRows``.
  let hasPairedRows: Bool
  /// Whether norms are stored with 1 added; see ``ShiftedTensor``.
  let hasShiftedNorms: Bool
  /// Names within a layer, without the ending: stored, and at Hugging Face.
  let layerNames: [(stored: String, model: String)]

  init(
    _ name: String, modelType: String? = nil, classes: [String], activation: String = "silu",
    hasPairedRows: Bool = false,
    hasShiftedNorms: Bool = false, layerNames: [(stored: String, model: String)]
  ) {
    self.name = name
    self.modelType = modelType ?? name
    self.classes = classes
    self.activation = activation
    self.hasPairedRows = hasPairedRows
    self.hasShiftedNorms = hasShiftedNorms
    self.layerNames = layerNames
  }

  // MARK: The known ones

  private static let attention: [(stored: String, model: String)] = [
    ("attn_norm", "input_layernorm"), ("attn_q", "self_attn.q_proj"), ("attn_k", "self_attn.k_proj"),
    ("attn_v", "self_attn.v_proj"), ("attn_output", "self_attn.o_proj"),
  ]
  private static let feedForward: [(stored: String, model: String)] = [
    ("ffn_gate", "mlp.gate_proj"), ("ffn_up", "mlp.up_proj"), ("ffn_down", "mlp.down_proj"),
  ]
  private static let twoNorms = attention + [("ffn_norm", "post_attention_layernorm")] + feedForward

  /// Every architecture with names.
  static let all: [GGUFArchitecture] = [
    GGUFArchitecture(
      "llama", classes: ["LlamaForCausalLM", "MistralForCausalLM"], hasPairedRows: true, layerNames: twoNorms),
    GGUFArchitecture("qwen2", classes: ["Qwen2ForCausalLM"], layerNames: twoNorms),
    GGUFArchitecture(
      "qwen3", classes: ["Qwen3ForCausalLM"],
      layerNames: twoNorms + [("attn_q_norm", "self_attn.q_norm"), ("attn_k_norm", "self_attn.k_norm")]),
    GGUFArchitecture(
      "gemma", classes: ["GemmaForCausalLM"], activation: "gelu_pytorch_tanh", hasShiftedNorms: true,
      layerNames: twoNorms),
    GGUFArchitecture(
      "gemma2", classes: ["Gemma2ForCausalLM"], activation: "gelu_pytorch_tanh", hasShiftedNorms: true,
      layerNames: attention + [
        ("post_attention_norm", "post_attention_layernorm"), ("ffn_norm", "pre_feedforward_layernorm"),
        ("post_ffw_norm", "post_feedforward_layernorm"),
      ] + feedForward),
    GGUFArchitecture(
      "phi3", classes: ["Phi3ForCausalLM"],
      layerNames: [
        ("attn_norm", "input_layernorm"), ("attn_qkv", "self_attn.qkv_proj"), ("attn_output", "self_attn.o_proj"),
        ("ffn_norm", "post_attention_layernorm"), ("ffn_up", "mlp.gate_up_proj"), ("ffn_down", "mlp.down_proj"),
      ]),
  ]

  /// The architecture of a file, or why its tensors keep their names.
  static func of(_ metadata: GGUFMetadata) -> (architecture: GGUFArchitecture?, reason: String) {
    guard let name = metadata.string("general.architecture") else {
      return (nil, "the file does not say what architecture it holds")
    }
    guard let known = all.first(where: { $0.name == name }) else {
      return (nil, "the architecture \(name) is none of " + all.map(\.name).joined(separator: ", "))
    }
    if metadata.int("\(name).expert_count") ?? 0 > 0 {
      return (nil, "models with a mixture of experts store those of a layer as one tensor")
    }
    return (known, "")
  }

  /// The architecture that a transformers class or model type means.
  static func forClass(_ name: String?, modelType: String?) -> GGUFArchitecture? {
    if let name { return all.first { $0.classes.contains(name) } }
    return all.first { $0.modelType == modelType || $0.name == "llama" && modelType == "mistral" }
  }

  // MARK: Names

  private static let globalNames: [(stored: String, model: String)] = [
    ("token_embd", "model.embed_tokens"), ("output_norm", "model.norm"), ("output", "lm_head"),
  ]

  /// What a stored tensor is called at Hugging Face, or nil if the architecture has no such tensor.
  func modelName(of stored: String) -> String? {
    guard let dot = stored.lastIndex(of: ".") else { return nil }
    let (stem, ending) = (stored[..<dot], stored[dot...])
    if let name = Self.globalNames.first(where: { $0.stored == stem }) { return name.model + ending }
    let parts = stem.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "blk", let number = Int(parts[1]), String(number) == parts[1],
      let name = layerNames.first(where: { $0.stored == parts[2] })
    else { return nil }
    return "model.layers.\(number).\(name.model)\(ending)"
  }

  /// What a tensor of a transformers model is called in a GGUF file, or nil if the architecture has no such tensor.
  func storedName(of model: String) -> String? {
    guard let dot = model.lastIndex(of: ".") else { return nil }
    let (stem, ending) = (model[..<dot], model[dot...])
    if let name = Self.globalNames.first(where: { $0.model == stem }) { return name.stored + ending }
    let parts = stem.split(separator: ".", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count == 4, parts[0] == "model", parts[1] == "layers", let number = Int(parts[2]),
      String(number) == parts[2], let name = layerNames.first(where: { $0.model == parts[3] })
    else { return nil }
    return "blk.\(number).\(name.stored)\(ending)"
  }

  /// Whether the rows of a tensor with this stored name lie in pairs: for queries and keys.
  func pairedRows(of stored: String) -> (isQuery: Bool, isKey: Bool) {
    guard hasPairedRows else { return (false, false) }
    return (stored.contains(".attn_q."), stored.contains(".attn_k."))
  }

  /// Whether a tensor with this stored name has 1 added.
  func isShifted(_ stored: String) -> Bool { hasShiftedNorms && stored.hasSuffix("norm.weight") }
}
