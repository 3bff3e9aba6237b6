internal import Documents
internal import Tensors

/// A transformers configuration as GGUF metadata has it, and what follows for each tensor.
struct GGUFModelSettings {
  /// How many tokens the embedding has.
  let vocabularySize: Int
  /// Rotary positions: their base, how they are stretched, and what the file has tensors for.
  let rotary: GGUFRotarySettings

  private let architecture: GGUFArchitecture
  private let configuration: JSONNode
  private let hiddenSize: Int
  private let heads: Int
  private let keyHeads: Int
  private let headSize: Int
  private let isTied: Bool

  init(_ configuration: JSONNode?, tensors: [TensorDescription]) throws(CheckpointError) {
    guard let configuration else {
      throw Self.refusal("a GGUF file needs the model's config.json, and there is none")
    }
    let name = configuration["architectures"]?.array?.first?.string
    let type = configuration["model_type"]?.string
    guard let architecture = GGUFArchitecture.forClass(name, modelType: type) else {
      throw Self.refusal(
        "GGUF files of the architecture \(PrintableText.of(name ?? type ?? "(none)")) cannot be written",
        hint: "supported: " + GGUFArchitecture.writable.flatMap(\.classes).joined(separator: ", "))
    }
    self.architecture = architecture
    self.configuration = configuration
    heads = try Self.size(["num_attention_heads", "n_head"], configuration)
    keyHeads = configuration["num_key_value_heads"]?.int ?? heads
    hiddenSize = try Self.size(["hidden_size", "n_embd"], configuration)
    headSize = configuration["head_dim"]?.int ?? hiddenSize / heads
    let stored = tensors.map { ($0, architecture.stored(of: $0.name)?.name) }
    let embedding = stored.first { $0.1 == "token_embd.weight" }?.0
    let vocabularySize = try Self.size(["vocab_size"], configuration)
    self.vocabularySize = embedding?.shape.dimensions.first ?? vocabularySize
    isTied = !stored.contains { $0.1 == "output.weight" }
    rotary = try GGUFRotarySettings(configuration, architecture: architecture, headSize: headSize)
    try Self.checkWindows(configuration, architecture)
  }

  static func refusal(_ message: String, hint: String? = nil) -> CheckpointError {
    CheckpointError(.refused, path: "the output", message, hint: hint)
  }

  /// The first of several settings that is there.
  private static func size(_ keys: [String], _ configuration: JSONNode) throws(CheckpointError) -> Int {
    for key in keys {
      if let number = configuration[key]?.int, number > 0, number <= Int(UInt32.max) { return number }
    }
    throw refusal("config.json has no \(keys[0]), which a GGUF file needs")
  }

  /// llama.cpp assumes which layers of a Gemma see the whole text.
  private static func checkWindows(_ configuration: JSONNode, _ architecture: GGUFArchitecture) throws(CheckpointError)
  {
    guard let period = architecture.windowPeriod, let types = configuration["layer_types"]?.array else { return }
    for (layer, type) in types.enumerated() where (type.string == "full_attention") != ((layer + 1) % period == 0) {
      throw refusal(
        "llama.cpp takes every layer \(period) of \(architecture.classes[0]) for one that sees the whole text")
    }
  }

  // MARK: Tensors

  /// Where a tensor goes: its name in the file, which expert's it is, and how it is stored there.
  func placement(
    of tensor: TensorDescription, form: GGUFForm
  ) throws(CheckpointError) -> (name: String, expert: Int?, form: StoredForm) {
    let quoted = PrintableText.quoted(tensor.name)
    guard let (name, arrangement, expert) = architecture.stored(of: tensor.name) else {
      throw Self.refusal(
        "llama.cpp has no name for the tensor \(quoted) of \(architecture.classes[0])",
        hint: "leave it out, or write another format")
    }
    let rank = tensor.shape.dimensions.count
    guard tensor.dtype.isFloatingPoint, rank + (expert == nil ? 0 : 1) <= GGUF.maximumRank else {
      throw Self.refusal("a GGUF file cannot hold the tensor \(quoted), \(tensor.dtype.rawValue) \(tensor.shape)")
    }
    let isOutput = name == "output.weight" || isTied && name == "token_embd.weight"
    var stored = StoredForm(form.elements(of: tensor.shape, name: name, isOutput: isOutput))
    let rows = tensor.shape.dimensions.first ?? 0
    func check(_ heads: Int, parts: Int) throws(CheckpointError) {
      guard heads > 0, heads <= rows / parts, rows % (parts * heads) == 0 else {
        throw Self.refusal(
          "the rows of \(quoted) cannot be divided into \(heads) heads" + (parts == 2 ? " of an even size" : ""))
      }
    }
    switch arrangement {
    case .same, .experts: break
    case .queryPairs:
      try check(heads, parts: 2)
      stored.order = .interleavedHalves(heads: heads)
    case .keyPairs:
      try check(keyHeads, parts: 2)
      stored.order = .interleavedHalves(heads: keyHeads)
    case .queriesKeysValues:
      try check(heads, parts: HeadRows.parts)
      stored.order = .joinedParts(heads: heads)
    case .shifted: stored.addend = 1
    case .transposed where rank == 2:
      stored.order = .transposed
      // A block has elements of several rows of the tensor, which are not at hand at once.
      if case .blocks = stored.elements { stored.elements = .plain(.float16) }
    case .transposed: break
    }
    return (name, expert, stored)
  }

  // MARK: Metadata

  /// Writes the sizes, in the order of llama.cpp's converter.
  func write(to writer: inout GGUFHeaderWriter, name: String, form: GGUFForm) throws(CheckpointError) {
    let prefix = architecture.name + "."
    writer.add("general.architecture", architecture.name)
    writer.add("general.type", "model")
    writer.add("general.name", name)
    func add(_ key: String, _ sources: String...) throws(CheckpointError) {
      writer.add(prefix + key, UInt32(try Self.size(sources, configuration)))
    }
    func add(_ key: String, optional number: Int?) {
      if let number, let number = UInt32(exactly: number) { writer.add(prefix + key, number) }
    }
    func add(_ key: String, number: Double?) { if let number { writer.add(prefix + key, Float(number)) } }
    try add("block_count", "num_hidden_layers", "n_layer")
    try add("context_length", "max_position_embeddings", "n_positions", "n_ctx")
    add("embedding_length", optional: hiddenSize)
    if architecture.family == .gpt2 {
      add("feed_forward_length", optional: configuration["n_inner"]?.int ?? 4 * hiddenSize)
    } else {
      try add("feed_forward_length", "intermediate_size")
    }
    add("attention.head_count", optional: heads)
    add("attention.head_count_kv", optional: keyHeads)
    if architecture.family == .llama {
      add("attention.layer_norm_rms_epsilon", number: configuration["rms_norm_eps"]?.double ?? 1e-6)
      add("attention.key_length", optional: headSize)
      add("attention.value_length", optional: headSize)
    } else {
      let epsilon = configuration["layer_norm_eps"] ?? configuration["layer_norm_epsilon"]
      add("attention.layer_norm_epsilon", number: epsilon?.double ?? 1e-5)
    }
    add("vocab_size", optional: vocabularySize)
    try writeParticulars(to: &writer, prefix)
    rotary.write(to: &writer, prefix)
    writer.add("general.file_type", UInt32(form.fileType))
    writer.add("general.quantization_version", UInt32(2))
  }

  /// What only some architectures have.
  private func writeParticulars(to writer: inout GGUFHeaderWriter, _ prefix: String) throws(CheckpointError) {
    func add(_ key: String, optional number: Int?) {
      if let number, let number = UInt32(exactly: number) { writer.add(prefix + key, number) }
    }
    for key in ["attn_logit_softcapping", "final_logit_softcapping"] {
      if let number = configuration[key]?.double { writer.add(prefix + key, Float(number)) }
    }
    switch architecture.name {
    case "gemma2", "gemma3": add("attention.sliding_window", optional: configuration["sliding_window"]?.int)
    // A zero tells a Phi 4 from models that have a window.
    case "phi3": add("attention.sliding_window", optional: configuration["sliding_window"]?.int ?? 0)
    case "gptneox": writer.add(prefix + "use_parallel_residual", configuration["use_parallel_residual"]?.bool ?? true)
    default: break
    }
    guard architecture.hasExperts else { return }
    add("expert_count", optional: try Self.size(["num_local_experts", "num_experts"], configuration))
    add("expert_used_count", optional: try Self.size(["num_experts_per_tok"], configuration))
    add("expert_feed_forward_length", optional: configuration["moe_intermediate_size"]?.int)
  }
}
