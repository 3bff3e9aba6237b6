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
        hint: "supported: " + GGUFArchitecture.all.flatMap(\.classes).joined(separator: ", "))
    }
    self.architecture = architecture
    self.configuration = configuration
    let heads = try Self.size("num_attention_heads", configuration)
    self.heads = heads
    keyHeads = configuration["num_key_value_heads"]?.int ?? heads
    let hidden = try Self.size("hidden_size", configuration)
    headSize = configuration["head_dim"]?.int ?? hidden / heads
    let embedding = tensors.first { $0.name == "model.embed_tokens.weight" }
    let vocabularySize = try Self.size("vocab_size", configuration)
    self.vocabularySize = embedding?.shape.dimensions.first ?? vocabularySize
    isTied = !tensors.contains { $0.name == "lm_head.weight" }
    rotary = try GGUFRotarySettings(configuration, architecture: architecture, headSize: headSize)
  }

  static func refusal(_ message: String, hint: String? = nil) -> CheckpointError {
    CheckpointError(.refused, path: "the output", message, hint: hint)
  }

  private static func size(_ key: String, _ configuration: JSONNode) throws(CheckpointError) -> Int {
    guard let number = configuration[key]?.int, number > 0, number <= Int(UInt32.max) else {
      throw refusal("config.json has no \(key), which a GGUF file needs")
    }
    return number
  }

  // MARK: Tensors

  /// What a tensor is called in the file, and how it is stored there.
  func placement(
    of tensor: TensorDescription, form: GGUFForm
  ) throws(CheckpointError) -> (name: String, form: StoredForm) {
    let quoted = PrintableText.quoted(tensor.name)
    guard let name = architecture.storedName(of: tensor.name) else {
      throw Self.refusal(
        "llama.cpp has no name for the tensor \(quoted) of \(architecture.classes[0])",
        hint: "leave it out, or write another format")
    }
    guard tensor.dtype.isFloatingPoint, tensor.shape.dimensions.count <= GGUF.maximumRank else {
      throw Self.refusal("a GGUF file cannot hold the tensor \(quoted), \(tensor.dtype.rawValue) \(tensor.shape)")
    }
    let isOutput = name == "output.weight" || isTied && name == "token_embd.weight"
    let elements = form.elements(of: tensor.shape, isNorm: name.hasSuffix("norm.weight"), isOutput: isOutput)
    let rows = architecture.pairedRows(of: name)
    let turned = rows.isQuery ? heads : rows.isKey ? keyHeads : nil
    if let turned {
      let count = tensor.shape.dimensions.first ?? 0
      guard turned > 0, turned <= count / 2, count % (2 * turned) == 0 else {
        throw Self.refusal("the rows of \(quoted) cannot be divided into \(turned) heads of an even size")
      }
    }
    return (
      name, StoredForm(elements, interleavedHeads: turned, addend: architecture.isShifted(name) ? 1 : 0)
    )
  }

  // MARK: Metadata

  /// Writes the sizes, in the order of llama.cpp's converter.
  func write(to writer: inout GGUFHeaderWriter, name: String, form: GGUFForm) throws(CheckpointError) {
    let prefix = architecture.name + "."
    writer.add("general.architecture", architecture.name)
    writer.add("general.type", "model")
    writer.add("general.name", name)
    func add(_ key: String, _ source: String) throws(CheckpointError) {
      writer.add(prefix + key, UInt32(try Self.size(source, configuration)))
    }
    func add(_ key: String, optional number: Int?) {
      if let number, let number = UInt32(exactly: number) { writer.add(prefix + key, number) }
    }
    func add(_ key: String, number: Double?) { if let number { writer.add(prefix + key, Float(number)) } }
    try add("block_count", "num_hidden_layers")
    try add("context_length", "max_position_embeddings")
    try add("embedding_length", "hidden_size")
    try add("feed_forward_length", "intermediate_size")
    add("attention.head_count", optional: heads)
    add("attention.head_count_kv", optional: keyHeads)
    add("rope.freq_base", number: rotary.base)
    add("attention.layer_norm_rms_epsilon", number: configuration["rms_norm_eps"]?.double ?? 1e-6)
    add("attention.key_length", optional: headSize)
    add("attention.value_length", optional: headSize)
    add("vocab_size", optional: vocabularySize)
    let turned = configuration["partial_rotary_factor"]?.double ?? 1
    add("rope.dimension_count", optional: Int(exactly: (Double(headSize) * turned).rounded()))
    add("attn_logit_softcapping", number: configuration["attn_logit_softcapping"]?.double)
    add("final_logit_softcapping", number: configuration["final_logit_softcapping"]?.double)
    if ["gemma2", "phi3"].contains(architecture.name) {
      add("attention.sliding_window", optional: configuration["sliding_window"]?.int)
    }
    if let kind = rotary.scalingType { writer.add(prefix + "rope.scaling.type", kind) }
    add("rope.scaling.original_context_length", optional: rotary.originalLength)
    for (key, number) in rotary.scaling { add("rope.scaling." + key, number: number) }
    writer.add("general.file_type", UInt32(form.fileType))
    writer.add("general.quantization_version", UInt32(2))
  }
}
