internal import Documents
internal import Tensors

/// The `config.json` that transformers would have for a GGUF file's model.
struct GGUFConfiguration {
  /// Tensors that say how rotary frequencies are divided, and that transformers has in its configuration.
  static let rotaryFactors: Set<String> = [
    "rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight",
  ]

  private let architecture: GGUFArchitecture
  private let metadata: GGUFMetadata
  private let checkpoint: Checkpoint
  private let hiddenSize: Int
  private let layers: Int
  private let heads: Int
  private let context: Int

  /// Reads the sizes; nil if they are not there, as in files with nothing but a vocabulary.
  init?(_ architecture: GGUFArchitecture, _ metadata: GGUFMetadata, _ checkpoint: Checkpoint) {
    func size(_ key: String) -> Int? { metadata.int("\(architecture.name).\(key)") }
    guard let hiddenSize = size("embedding_length"), let layers = size("block_count"),
      let heads = size("attention.head_count"), heads > 0
    else { return nil }
    self.architecture = architecture
    self.metadata = metadata
    self.checkpoint = checkpoint
    self.hiddenSize = hiddenSize
    self.layers = layers
    self.heads = heads
    context = size("context_length") ?? 2048
  }

  private func int(_ key: String) -> Int? { metadata.int("\(architecture.name).\(key)") }
  private func double(_ key: String) -> Double? { metadata.double("\(architecture.name).\(key)") }
  private func shape(_ tensor: String) -> Shape? { checkpoint.index[tensor]?.shape }

  /// The size of a head: what the file says, else what its tensors say.
  private var headSize: Int {
    if let size = int("attention.key_length") { return size }
    if let rows = shape("blk.0.attn_q.weight")?.dimensions.first { return rows / heads }
    return hiddenSize / heads
  }

  /// The whole configuration.
  func json() throws(CheckpointError) -> JSONValue {
    let embedding = checkpoint.index["token_embd.weight"]
    var members: [(key: String, value: JSONValue)] = [
      ("architectures", .array(architecture.classes.prefix(1).map(JSONValue.string))),
      ("model_type", .string(architecture.modelType)),
    ]
    members += sizes
    members += [
      ("vocab_size", .integer(embedding?.shape.dimensions.first ?? int("vocab_size") ?? 0)),
      ("tie_word_embeddings", .bool(checkpoint.index["output.weight"] == nil)),
      ("torch_dtype", .string(embedding?.dtype.rawValue ?? "float32")),
    ]
    for (key, name) in [("bos_token_id", "bos"), ("eos_token_id", "eos"), ("pad_token_id", "padding")] {
      if let token = metadata.int("tokenizer.ggml.\(name)_token_id") { members.append((key, .integer(token))) }
    }
    if let scaling = try rotaryScaling() { members.append(("rope_scaling", .object(scaling))) }
    return .object(members + particulars)
  }

  private var feedForwardSize: Int {
    int("feed_forward_length") ?? shape("blk.0.ffn_down.weight")?.rowLength ?? 0
  }

  /// Sizes, norms and positions under the names that the family has for them.
  private var sizes: [(key: String, value: JSONValue)] {
    switch architecture.family {
    case .llama:
      return [
        ("hidden_size", .integer(hiddenSize)), ("intermediate_size", .integer(feedForwardSize)),
        ("num_hidden_layers", .integer(layers)), ("num_attention_heads", .integer(heads)),
        ("num_key_value_heads", .integer(int("attention.head_count_kv") ?? heads)), ("head_dim", .integer(headSize)),
        ("hidden_act", .string(architecture.activation)), ("max_position_embeddings", .integer(context)),
        ("rms_norm_eps", .number(double("attention.layer_norm_rms_epsilon") ?? 1e-6)),
        ("rope_theta", .number(double("rope.freq_base") ?? 10_000)),
      ]
    case .gpt2:
      return [
        ("n_embd", .integer(hiddenSize)), ("n_inner", .integer(feedForwardSize)), ("n_layer", .integer(layers)),
        ("n_head", .integer(heads)), ("activation_function", .string(architecture.activation)),
        ("n_positions", .integer(context)), ("n_ctx", .integer(context)),
        ("layer_norm_epsilon", .number(double("attention.layer_norm_epsilon") ?? 1e-5)),
      ]
    case .gptNeoX:
      let turned = int("rope.dimension_count") ?? headSize
      return [
        ("hidden_size", .integer(hiddenSize)), ("intermediate_size", .integer(feedForwardSize)),
        ("num_hidden_layers", .integer(layers)), ("num_attention_heads", .integer(heads)),
        ("hidden_act", .string(architecture.activation)), ("max_position_embeddings", .integer(context)),
        ("layer_norm_eps", .number(double("attention.layer_norm_epsilon") ?? 1e-5)),
        ("rotary_pct", .number(headSize > 0 ? Double(turned) / Double(headSize) : 1)),
        ("rotary_emb_base", .number(double("rope.freq_base") ?? 10_000)),
        ("use_parallel_residual", .bool(metadata.bool("gptneox.use_parallel_residual") ?? true)),
      ]
    case .bert:
      return [
        ("hidden_size", .integer(hiddenSize)), ("intermediate_size", .integer(feedForwardSize)),
        ("num_hidden_layers", .integer(layers)), ("num_attention_heads", .integer(heads)),
        ("hidden_act", .string(architecture.activation)),
        // RoBERTa's first vectors, which stand for no position, are left out by the converter.
        ("max_position_embeddings", .integer(shape("position_embd.weight")?.dimensions.first ?? context)),
        ("type_vocab_size", .integer(shape("token_types.weight")?.dimensions.first ?? 1)),
        ("layer_norm_eps", .number(double("attention.layer_norm_epsilon") ?? 1e-12)),
      ]
    }
  }

  /// What queries of a Gemma are divided by. The file does not say it; llama.cpp, too, knows by the size that the
  /// models with 27 billion parameters divide by the hidden size per head.
  private func queryScalar(exceptionalLayers: Int) -> (key: String, value: JSONValue) {
    ("query_pre_attn_scalar", .integer(layers == exceptionalLayers ? hiddenSize / heads : headSize))
  }

  /// What only this architecture has.
  private var particulars: [(key: String, value: JSONValue)] {
    switch (architecture.name, architecture.hasExperts) {
    case ("llama", true):
      return [
        ("num_local_experts", .integer(int("expert_count") ?? 0)),
        ("num_experts_per_tok", .integer(int("expert_used_count") ?? 0)),
      ]
    case ("llama", false):
      return [
        ("attention_bias", .bool(checkpoint.index["blk.0.attn_q.bias"] != nil)),
        ("mlp_bias", .bool(checkpoint.index["blk.0.ffn_gate.bias"] != nil)),
      ]
    case ("qwen3moe", _):
      let size = int("expert_feed_forward_length") ?? shape("blk.0.ffn_down_exps.weight")?.rowLength ?? 0
      return [
        ("num_experts", .integer(int("expert_count") ?? 0)),
        ("num_experts_per_tok", .integer(int("expert_used_count") ?? 0)), ("moe_intermediate_size", .integer(size)),
        ("norm_topk_prob", .bool(true)), ("decoder_sparse_step", .integer(1)), ("mlp_only_layers", .array([])),
      ]
    case ("gemma", _): return [("hidden_activation", .string(architecture.activation))]
    case ("gemma2", _):
      return [
        ("hidden_activation", .string(architecture.activation)), queryScalar(exceptionalLayers: 46),
        ("attn_logit_softcapping", .number(double("attn_logit_softcapping") ?? 50)),
        ("final_logit_softcapping", .number(double("final_logit_softcapping") ?? 30)),
        ("sliding_window", .integer(int("attention.sliding_window") ?? 4096)),
      ]
    case ("gemma3", _):
      let window = int("attention.sliding_window")
      let period = architecture.windowPeriod ?? 1
      let types = (0..<min(layers, 10_000)).map { layer in
        JSONValue.string(window == nil || (layer + 1) % period == 0 ? "full_attention" : "sliding_attention")
      }
      return [
        ("hidden_activation", .string(architecture.activation)), queryScalar(exceptionalLayers: 62),
        ("sliding_window", window.map(JSONValue.integer) ?? .null), ("layer_types", .array(types)),
        ("rope_local_base_freq", .number(double("rope.freq_base_swa") ?? 10_000)),
        ("final_logit_softcapping", double("final_logit_softcapping").map(JSONValue.number) ?? .null),
      ]
    case ("phi3", _):
      // A zero means that there is no window.
      let window = int("attention.sliding_window").flatMap { $0 == 0 ? nil : $0 }
      var members: [(key: String, value: JSONValue)] = [
        ("sliding_window", window.map(JSONValue.integer) ?? .null),
        ("original_max_position_embeddings", .integer(int("rope.scaling.original_context_length") ?? context)),
      ]
      // Transformers would take a number that smaller vocabularies do not have.
      if metadata.int("tokenizer.ggml.padding_token_id") == nil { members.append(("pad_token_id", .null)) }
      if let turned = int("rope.dimension_count"), turned != headSize, headSize > 0 {
        members.append(("partial_rotary_factor", .number(Double(turned) / Double(headSize))))
      }
      return members
    default: return []
    }
  }

  /// The files of sentence-transformers that say how an encoder's rows become one vector; none if it does not say.
  static func pooling(_ metadata: GGUFMetadata, of architecture: GGUFArchitecture) -> [String: [UInt8]] {
    // `llama_pooling_type` of llama.cpp; the fourth ranks texts and makes no vectors.
    let modes = [1: "mean", 2: "cls", 3: "lasttoken"]
    guard let mode = metadata.int("\(architecture.name).pooling_type").flatMap({ modes[$0] }) else { return [:] }
    let modules = [("Transformer", ""), ("Pooling", "1_Pooling")].enumerated().map { number, module in
      JSONValue.object([
        ("idx", .integer(number)), ("name", .string(String(number))), ("path", .string(module.1)),
        ("type", .string("sentence_transformers.models." + module.0)),
      ])
    }
    return [
      "modules.json": Array(JSONValue.array(modules).pretty.utf8),
      "1_Pooling/config.json": Array(JSONValue.object([("pooling_mode", .string(mode))]).pretty.utf8),
    ]
  }

  /// The end tokens of a chat, where there are others than that of a text.
  static func generation(_ metadata: GGUFMetadata) -> JSONValue? {
    let ends = ["eos", "eot", "eom"].compactMap { metadata.int("tokenizer.ggml.\($0)_token_id") }
    guard ends.count > 1 else { return nil }
    let distinct = ends.enumerated().filter { !ends.prefix($0.offset).contains($0.element) }.map(\.element)
    return .object([("eos_token_id", .array(distinct.map(JSONValue.integer)))])
  }

  // MARK: Rotary positions

  private func rotaryScaling() throws(CheckpointError) -> [(key: String, value: JSONValue)]? {
    if let factors = try factors("rope_freqs.weight") { return scaling(dividing: factors) }
    let original = int("rope.scaling.original_context_length")
    if let long = try factors("rope_factors_long.weight"), let short = try factors("rope_factors_short.weight") {
      return [
        ("rope_type", .string("longrope")), ("short_factor", .array(short.map { .number(Double($0)) })),
        ("long_factor", .array(long.map { .number(Double($0)) })),
        ("original_max_position_embeddings", .integer(original ?? context)),
      ] + (double("rope.scaling.attn_factor").map { [("attention_factor", .number($0))] } ?? [])
    }
    guard let kind = metadata.string("\(architecture.name).rope.scaling.type"), kind != "none",
      let factor = double("rope.scaling.factor")
    else { return nil }
    var members: [(key: String, value: JSONValue)] = [("rope_type", .string(kind)), ("factor", .number(factor))]
    if let original { members.append(("original_max_position_embeddings", .integer(original))) }
    for (key, stored) in [("beta_fast", "yarn_beta_fast"), ("beta_slow", "yarn_beta_slow")] {
      if let number = double("rope.scaling.\(stored)") { members.append((key, .number(number))) }
    }
    return members
  }

  /// Frequencies divided by fixed factors: Llama 3's rule if it gives them, else a list for short and long texts.
  private func scaling(dividing factors: [Float]) -> [(key: String, value: JSONValue)] {
    let rule = LlamaRotaryFactors(base: double("rope.freq_base") ?? 10_000, factor: Double(factors.max() ?? 1))
    if zip(factors, rule.factors(count: factors.count)).allSatisfy({ abs(Double($0) - $1) <= 1e-4 * $1 }) {
      return [("rope_type", .string("llama3"))] + rule.parameters
    }
    let list = JSONValue.array(factors.map { .number(Double($0)) })
    return [
      ("rope_type", .string("longrope")), ("short_factor", list), ("long_factor", list),
      ("attention_factor", .number(1)), ("original_max_position_embeddings", .integer(context)),
    ]
  }

  /// The elements of a small float32 vector.
  private func factors(_ name: String) throws(CheckpointError) -> [Float]? {
    guard let tensor = checkpoint.index[name] else { return nil }
    guard tensor.dtype == .float32, tensor.shape.elementCount <= 1 << 16, let bytes = try? checkpoint.bytes(of: name)
    else {
      throw CheckpointError(
        .inconsistent, path: checkpoint.path, "the tensor \(name) is \(tensor.dtype.rawValue) \(tensor.shape)",
        hint: "expected a short vector of float32")
    }
    return stride(from: 0, to: bytes.count, by: 4).map { start in
      bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: start, as: Float.self) }
    }
  }
}
