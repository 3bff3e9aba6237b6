import BraidTesting
import Checkpoints
import Documents
import Tensors
import Testing

/// Tiny models of every architecture, against what llama.cpp's own converter makes of them.
@Suite struct GGUFArchitectureTests {
  static let names = [
    "llama", "mistral", "mixtral", "qwen2", "qwen3", "qwen3_moe", "gemma", "gemma2", "gemma3", "phi3", "olmo2", "gpt2",
    "gpt_neox",
  ]

  private func reference(_ name: String) throws -> JSONNode {
    let all = try JSONParser.parse(try Files.bytes(Fixture.path("formats/gguf/architectures.json")))
    return try #require(all[name])
  }

  /// FNV-1a, as the script that made the reference has it.
  private func digest(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  /// The elements that the script gives to a tensor.
  private func elements(_ tensor: TensorDescription) -> [UInt8] {
    let seed = digest(tensor.name.utf8)
    return (0..<UInt64(tensor.shape.elementCount)).flatMap { index in
      var bits = seed &+ index &* 0x9E37_79B9_7F4A_7C15
      bits = (bits ^ bits >> 32) &* 0xD6E8_FEB8_6659_FD93
      let number = (Float(bits >> 48) - 32768) / 262_144
      return withUnsafeBytes(of: number.bitPattern.littleEndian, Array.init)
    }
  }

  private func tensors(_ reference: JSONNode) -> [TensorDescription] {
    (reference["shapes"]?.object ?? []).map { member in
      TensorDescription(
        name: member.key, dtype: .float32, shape: Shape((member.node.array ?? []).compactMap(\.int)))
    }
  }

  /// Writes a model in pieces that end within rows.
  private func write(
    _ tensors: [TensorDescription], _ reference: JSONNode, form: GGUFForm = .float32, to destination: String
  ) throws -> ModelFolder {
    let layout = try GGUFLayout.make(tensors, configuration: reference["config"], form: form)
    let writer = try CheckpointWriter(
      destination: destination, layout: layout, fingerprint: "", mode: .fresh, allowsDirect: false)
    for (number, tensor) in tensors.enumerated() {
      let bytes = elements(tensor)
      let piece = form == .float32 ? 4 * 7 : 4 * 1024
      for start in stride(from: 0, to: bytes.count, by: piece) {
        try bytes[start..<min(bytes.count, start + piece)].withUnsafeBytes {
          try writer.write($0, tensor: number, byteOffset: start)
        }
      }
      try writer.finished(tensor: number)
    }
    try writer.finish()
    return try ModelFolder.open(destination + "/model.gguf")
  }

  @Test(arguments: names)
  func `a model is stored as llama cpp's converter stores it`(name: String) throws {
    let reference = try reference(name)
    let folder = try TemporaryFolder()
    let written = try write(tensors(reference), reference, to: folder("out")).checkpoint
    let stored = try #require(reference["tensors"]?.array)
    #expect(written.index.tensors.count == stored.count)
    for entry in stored.compactMap(\.array) {
      let tensor = try #require(entry[0].string)
      #expect(written.index[tensor]?.shape == Shape((entry[1].array ?? []).compactMap(\.int)), "\(tensor)")
      #expect(String(digest(try written.bytes(of: tensor)), radix: 16) == entry[2].string?.trimmingZeros, "\(tensor)")
    }
    let metadata = Dictionary(
      written.files[0].contents.metadata.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    for member in reference["metadata"]?.object ?? [] {
      #expect(metadata[member.key] == Self.text(member.node.array?.last), "\(member.key)")
    }
  }

  /// A value as Braid shows it.
  private static func text(_ value: JSONNode?) -> String? {
    switch value?.value {
    case .string(let text)?: text
    case .bool(let flag)?: "\(flag)"
    case .number(let digits)?: Int(digits).map(String.init) ?? Float(digits)?.description
    default: nil
    }
  }

  @Test(arguments: names)
  func `a file of llama cpp's converter has the model's tensors bit for bit, and its configuration`(
    name: String
  ) async throws {
    let reference = try reference(name)
    let tensors = tensors(reference)
    let folder = try TemporaryFolder()
    // The data are those that the test above has compared with the reference; the metadata are the reference's alone.
    let written = try write(tensors, reference, to: folder("out")).checkpoint
    var maker = GGUFMaker()
    for member in reference["metadata"]?.object ?? [] {
      let value = try #require(member.node.array)
      maker.add(member.key, type: try #require(value[0].string), value[1])
    }
    for tensor in written.index.tensors {
      maker.add(tensor: tensor.name, shape: tensor.shape, bytes: try written.bytes(of: tensor.name))
    }
    let model = try ModelFolder.open(try folder.write("reference.gguf", maker.file))
    #expect(Set(model.weights.index.tensors) == Set(tensors))
    for tensor in tensors {
      #expect(try model.weights.bytes(of: tensor.name) == elements(tensor), "\(tensor.name)")
    }
    try await TensorSourceContract.check(model.weights)
    try checkConfiguration(try #require(model.configuration), reference, name)
    #expect(!model.checkpoint.files[0].contents.metadata.contains { $0.key == "braid.names" })
  }

  /// What a file does not tell: token numbers are in a vocabulary, which these files lack; the rest is always the same
  /// in models of the kind, or has another name.
  private static let untold: Set<String> = [
    "bos_token_id", "eos_token_id", "pad_token_id", "dtype", "rope_parameters", "pretraining_tp",
    "use_sliding_window", "use_bidirectional_attention", "attention_bias", "max_window_layers", "layer_types",
    "add_cross_attention", "reorder_and_upcast_attn", "scale_attn_by_inverse_layer_idx", "scale_attn_weights",
    "output_router_logits", "num_local_experts",
  ]

  private func checkConfiguration(_ configuration: JSONNode, _ reference: JSONNode, _ name: String) throws {
    for member in reference["config"]?.object ?? [] {
      let found = configuration[member.key]
      if name == "mistral", ["architectures", "model_type"].contains(member.key) { continue }
      guard let found, !found.isNull else {
        #expect(Self.untold.contains(member.key), "\(member.key) is not there")
        continue
      }
      if let number = member.node.double {
        #expect(found.double == number, "\(member.key)")
      } else if let list = member.node.array {
        #expect(found.array?.map(\.string) == list.map(\.string), "\(member.key)")
      } else {
        #expect(found.string == member.node.string && found.bool == member.node.bool, "\(member.key)")
      }
    }
    let rotary = reference["config"]?["rope_parameters"]
    if let base = (rotary?["full_attention"] ?? rotary)?["rope_theta"]?.double {
      #expect((configuration["rope_theta"] ?? configuration["rotary_emb_base"])?.double == base)
    }
    if let base = rotary?["sliding_attention"]?["rope_theta"]?.double {
      #expect(configuration["rope_local_base_freq"]?.double == base)
    }
    if let experts = reference["config"]?["num_local_experts"]?.int {
      #expect((configuration["num_experts"] ?? configuration["num_local_experts"])?.int == experts)
    }
  }

  @Test func `a model of transposed matrices keeps them plain when others become blocks`() throws {
    let reference = try reference("gpt2")
    let folder = try TemporaryFolder()
    let written = try write(tensors(reference), reference, form: .blocks(.q8_0), to: folder("out"))
    #expect(written.checkpoint.index["blk.0.ffn_down.weight"]?.dtype == .float16)
    #expect(written.checkpoint.index["blk.0.ffn_down.weight"]?.shape == [16, 64])
    #expect(written.weights.index["transformer.h.0.mlp.c_proj.weight"]?.shape == [64, 16])
  }

  @Test func `the first names of GPT-2 are known, too`() throws {
    let reference = try reference("gpt2")
    let short = tensors(reference).map { tensor in
      TensorDescription(
        name: String(tensor.name.dropFirst("transformer.".count)), dtype: tensor.dtype, shape: tensor.shape)
    }
    #expect(throws: Never.self) {
      try GGUFLayout.make(short, configuration: reference["config"], form: .float32)
    }
  }

  @Test func `experts must be complete and alike, and layers as llama cpp assumes them`() throws {
    func message(_ name: String, edit: (inout [TensorDescription]) -> Void, config: JSONNode? = nil) throws -> String {
      let reference = try reference(name)
      var tensors = tensors(reference)
      edit(&tensors)
      do {
        _ = try GGUFLayout.make(tensors, configuration: config ?? reference["config"], form: .float32)
        return "no error"
      } catch {
        return "\(error)"
      }
    }
    let expert = "model.layers.0.mlp.experts.1.up_proj.weight"
    let reports = [
      try message("qwen3_moe") { $0.removeAll { $0.name == expert } },
      try message("qwen3_moe") { tensors in
        for index in tensors.indices where tensors[index].name == expert { tensors[index].shape = [12, 8] }
      },
      try message("gemma") { $0.append(TensorDescription(name: "lm_head.weight", dtype: .float32, shape: [20, 16])) },
      try message(
        "gemma2", edit: { _ in },
        config: try JSONParser.parse(
          """
          {"architectures": ["Gemma2ForCausalLM"], "hidden_size": 16, "num_attention_heads": 4, "vocab_size": 20,
           "layer_types": ["full_attention"]}
          """)),
      try message("gpt_neox") { tensors in
        for index in tensors.indices where tensors[index].name.hasSuffix("query_key_value.bias") {
          tensors[index].shape = [46]
        }
      },
      try message("gpt2") { tensors in
        tensors.append(TensorDescription(name: "wte.weight", dtype: .float32, shape: [20, 16]))
      },
    ]
    try Golden.expect(reports.joined(separator: "\n") + "\n", at: "architecture-refusals.txt")
  }
}

extension String {
  /// A hexadecimal number without leading zeros.
  fileprivate var trimmingZeros: String { String(drop { $0 == "0" }) }
}
