import BraidTesting
import Checkpoints
import Documents
import Tensors
import Testing

/// Adapters with one fault each, over a model of two square layers, and what is said about them.
@Suite struct BrokenAdapterTests {
  private typealias Tensor = (description: TensorDescription, bytes: [UInt8])

  private static func tensor(
    _ name: String, _ shape: Shape, dtype: DType = .float32, _ bytes: [UInt8]? = nil
  ) -> Tensor {
    let description = TensorDescription(name: name, dtype: dtype, shape: shape)
    return (description, bytes ?? [UInt8](repeating: 0, count: description.byteCount))
  }

  private static let model: [Tensor] = [
    tensor("model.embed_tokens.weight", [6, 4]), tensor("model.layers.0.self_attn.q_proj.weight", [4, 4]),
    tensor("model.layers.0.mlp.up_proj.weight", [5, 4]),
    tensor("model.layers.0.mlp.codes.weight", [4, 4], dtype: .uint8),
    tensor("lm_head.weight", [6, 4]),
  ]
  private static let prefix = "base_model.model.model.layers.0."
  private static let query = "self_attn.q_proj"

  /// The two halves of an update.
  private static func halves(
    _ module: String = query, a: Shape = [2, 4], b: Shape = [4, 2], dtype: DType = .float32
  ) -> [Tensor] {
    [
      tensor(prefix + module + ".lora_A.weight", a, dtype: dtype),
      tensor(prefix + module + ".lora_B.weight", b, dtype: dtype),
    ]
  }

  /// Rows of the embedding.
  private static func rows(_ shape: Shape = [2, 4], dtype: DType = .float32) -> [Tensor] {
    [tensor("base_model.model.model.embed_tokens.token_adapter.trainable_tokens_delta", shape, dtype: dtype)]
  }

  private struct Case {
    var title: String
    var settings = #"{"peft_type": "LORA", "r": 2, "lora_alpha": 4}"#
    var tensors: [Tensor]? = BrokenAdapterTests.halves()
  }

  private static func settings(_ more: String) -> String { #"{"peft_type": "LORA", "r": 2, "# + more + "}" }

  private static let cases: [Case] = [
    Case(title: "no weights", tensors: nil),
    Case(title: "settings that are not JSON", settings: "{"),
    Case(title: "settings that are a list", settings: "[]"),
    Case(title: "no kind", settings: "{}"),
    Case(title: "IA3", settings: #"{"peft_type": "IA3"}"#),
    Case(title: "AdaLoRA", settings: #"{"peft_type": "ADALORA"}"#),
    Case(title: "LoHa", settings: #"{"peft_type": "LOHA"}"#),
    Case(title: "a rank of zero", settings: #"{"peft_type": "LORA", "r": 0}"#),
    Case(title: "a rank that is a text", settings: #"{"peft_type": "LORA", "r": "2"}"#),
    Case(title: "a huge rank", settings: #"{"peft_type": "LORA", "r": 1e18}"#),
    Case(title: "a negative alpha", settings: settings(#""lora_alpha": -1"#)),
    Case(title: "an alpha beyond all bounds", settings: settings(#""lora_alpha": 1e999"#)),
    Case(title: "patterns that are a list", settings: settings(#""rank_pattern": [2]"#)),
    Case(title: "a pattern that is no expression", settings: settings(#""alpha_pattern": {"(q": 2}"#)),
    Case(title: "a pattern without a number", settings: settings(#""alpha_pattern": {"q_proj": null}"#)),
    Case(title: "a pattern that never ends", settings: settings(#""alpha_pattern": {"((\\w|[.])+)+[!?]": 2}"#)),
    Case(title: "PiSSA", settings: settings(#""init_lora_weights": "pissa_niter_4""#)),
    Case(title: "repeated layers", settings: settings(#""layer_replication": [[0, 2]]"#)),
    Case(title: "tokens that are a number", settings: settings(#""trainable_token_indices": 1"#)),
    Case(title: "a token below zero", settings: settings(#""trainable_token_indices": [2, -1]"#)),
    Case(title: "a token twice", settings: settings(#""trainable_token_indices": {"embed_tokens": [2, 1, 2]}"#)),
    Case(
      title: "a token beyond the vocabulary", settings: settings(#""trainable_token_indices": [1, 6]"#), tensors: rows()
    ),
    Case(title: "more tokens than rows", settings: settings(#""trainable_token_indices": [1, 2, 3]"#), tensors: rows()),
    Case(title: "rows and no tokens", tensors: rows()),
    Case(
      title: "tokens of another module", settings: settings(#""trainable_token_indices": {"lm_head": [1, 2]}"#),
      tensors: rows()),
    Case(
      title: "rows of another width", settings: settings(#""trainable_token_indices": [1, 2]"#), tensors: rows([2, 3])),
    Case(
      title: "rows of integers", settings: settings(#""trainable_token_indices": [1, 2]"#),
      tensors: rows(dtype: .int8)),
    Case(
      title: "rows of a layer that is not there", settings: settings(#""trainable_token_indices": [1, 2]"#),
      tensors: [tensor("base_model.model.model.embed_token.token_adapter.trainable_tokens_delta", [2, 4])]),
    Case(
      title: "rows beside a whole embedding", settings: settings(#""trainable_token_indices": [1, 2]"#),
      tensors: rows() + [tensor("base_model.model.model.embed_tokens.weight", [6, 4])]),
    Case(
      title: "a kind of its own with too many tokens",
      settings: #"{"peft_type": "TRAINABLE_TOKENS", "token_indices": [9]}"#,
      tensors: [tensor("base_model.model.model.embed_tokens.trainable_tokens_delta", [1, 4])]),
    Case(title: "a flag that is a text", settings: settings(#""use_dora": "yes""#)),
    Case(title: "no tensors", tensors: []),
    Case(title: "an unknown layer", tensors: halves("self_attn.q_porj")),
    Case(title: "another model's layer", tensors: halves("transformer.h.0.c_attn")),
    Case(title: "one half alone", tensors: [halves()[0]]),
    Case(title: "the other half alone", tensors: [halves()[1]]),
    Case(title: "ranks that disagree", tensors: halves(b: [4, 3])),
    Case(title: "a rank that the settings do not have", tensors: halves(a: [3, 4], b: [4, 3])),
    Case(title: "inputs of another width", tensors: halves(a: [2, 5])),
    Case(title: "outputs of another width", tensors: halves("mlp.up_proj", b: [6, 2])),
    Case(title: "a matrix with three extents", tensors: halves(a: [2, 2, 2])),
    Case(title: "no extents", tensors: halves(a: [], b: [])),
    Case(title: "empty halves", tensors: halves(a: [0, 4], b: [4, 0])),
    Case(title: "integers", tensors: halves(dtype: .int8)),
    Case(title: "a model of codes", tensors: halves("mlp.codes")),
    Case(
      title: "NaN",
      tensors: [
        tensor(prefix + query + ".lora_A.weight", [2, 4], [UInt8](repeating: 0xFF, count: 32)), halves()[1],
      ]),
    Case(
      title: "an embedding's halves on a layer",
      tensors: [
        tensor(prefix + "mlp.up_proj.lora_embedding_A", [2, 4]),
        tensor(prefix + "mlp.up_proj.lora_embedding_B", [5, 2]),
      ]),
    Case(title: "DoRA without magnitudes", settings: settings(#""use_dora": true"#)),
    Case(
      title: "magnitudes without DoRA",
      tensors: halves() + [
        tensor(prefix + query + ".lora_magnitude_vector", [4])
      ]),
    Case(
      title: "too few magnitudes", settings: settings(#""use_dora": true"#),
      tensors: halves() + [tensor(prefix + query + ".lora_magnitude_vector", [3])]),
    Case(
      title: "magnitudes of rows of zeros", settings: settings(#""use_dora": true"#),
      tensors: halves() + [
        tensor(prefix + query + ".lora_magnitude_vector", [4], [UInt8](repeating: 1, count: 16))
      ]),
    Case(
      title: "two adapters",
      tensors: [
        tensor(prefix + query + ".lora_A.first.weight", [2, 4]),
        tensor(prefix + query + ".lora_B.second.weight", [4, 2]),
      ]),
    Case(
      title: "the same half twice",
      tensors: halves() + [
        tensor(prefix + query + ".base_layer.lora_A.weight", [2, 4]),
        tensor(prefix + query + ".lora_A.x.weight", [2, 4]),
      ]),
    Case(title: "another method's tensor", tensors: [tensor(prefix + query + ".hada_w1_a", [2, 4])]),
    Case(title: "a bias that the model has not", tensors: halves() + [tensor(prefix + query + ".bias", [4])]),
    Case(
      title: "a resized vocabulary", tensors: [tensor("base_model.model.model.embed_tokens.weight", [8, 4])]),
    Case(
      title: "a whole tensor twice",
      tensors: [
        tensor("base_model.model.lm_head.weight", [6, 4]),
        tensor("base_model.model.lm_head.modules_to_save.default.weight", [6, 4]),
      ]),
    Case(
      title: "target parameters that are not there", settings: settings(#""target_parameters": ["mlp.experts.w1"]"#),
      tensors: halves("mlp.experts")),
  ]

  @Test func `every broken adapter gets the message that was recorded for it`() throws {
    let folder = try TemporaryFolder()
    let base = try Checkpoint.open(try folder.write("base.safetensors", SafetensorsMaker.file(Self.model)))
    var report = ""
    for (number, broken) in Self.cases.enumerated() {
      let name = "adapter-\(number)"
      try folder.write(name + "/adapter_config.json", broken.settings)
      if let tensors = broken.tensors {
        try folder.write(name + "/adapter_model.safetensors", SafetensorsMaker.file(tensors))
      }
      let clock = ContinuousClock()
      var message = ""
      let time = clock.measure { message = Self.message(folder(name), base) }
      #expect(time < .seconds(2), "\(broken.title)")
      report +=
        "# \(broken.title)\n\(message.replacing(folder(name), with: "ADAPTER"))\n"
    }
    try Golden.expect(report, at: "broken-adapters.txt")
  }

  private static func message(_ path: String, _ base: Checkpoint) -> String {
    do {
      let weights = try AdapterFolder.open(path).applied(to: base, configuration: nil).weights
      for tensor in weights.index.tensors { _ = try weights.bytes(of: tensor.name) }
      return "accepted"
    } catch { return "\(error)" }
  }

  @Test func `what is not an adapter is said to be none`() throws {
    let folder = try TemporaryFolder()
    try folder.write("model/config.json", "{}")
    try folder.write("empty/x", "")
    func message(_ name: String) -> String {
      do {
        _ = try AdapterFolder.open(folder(name))
        return ""
      } catch { return "\(error)".split(separator: folder.path + "/").joined() }
    }
    #expect(
      message("model")
        == "model: this is not an adapter: there is no adapter_config.json\n"
        + "  it looks like a model; what stands behind + is an adapter")
    #expect(message("empty") == "empty: this is not an adapter: there is no adapter_config.json")
    #expect(message("nothing") == "nothing: there is no such adapter")
  }

  @Test func `a folder is an adapter if it has settings of one and no model`() throws {
    let folder = Fixture.path("adapters/plain")
    #expect(AdapterFolder.isAdapter(folder))
    #expect(AdapterFolder.isAdapter(folder + "/adapter_model.safetensors"))
    #expect(!AdapterFolder.isAdapter(Fixture.path("adapters/llama")))
    #expect(!AdapterFolder.isAdapter(folder + "/nothing"))
    #expect(AdapterFolder.baseModel(ofAdapterAt: folder) == "llama")
  }

  @Test func `bytes changed at random never do more than raise an error`() throws {
    let base = try AdapterGoldenTests.base(of: "dora")
    let good = Fixture.path("adapters/dora/")
    let parts = try ["adapter_config.json", "adapter_model.safetensors"].map { ($0, try Files.bytes(good + $0)) }
    let folder = try TemporaryFolder()
    for (name, bytes) in parts { try folder.write(name, bytes) }
    var generator = SeededGenerator(seed: 3)
    for round in 0..<1000 {
      let (name, original) = parts[round % 2]
      var bytes = original
      for _ in 0...Int.random(in: 0..<3, using: &generator) {
        // The header and the settings are where the traps are.
        bytes[Int.random(in: 0..<min(bytes.count, 900), using: &generator)] = UInt8.random(
          in: 0...255, using: &generator)
      }
      try folder.write(name, bytes)
      if let adapter = try? AdapterFolder.open(folder.path),
        let adapted = try? adapter.applied(to: base.weights, configuration: base.configurationFile)
      {
        for tensor in adapted.weights.index.tensors { _ = try? adapted.weights.bytes(of: tensor.name) }
      }
      try folder.write(name, original)
    }
  }

  @Test func `a model of another dtype keeps it, with one rounding`() throws {
    let folder = try TemporaryFolder()
    var generator = SeededGenerator(seed: 9)
    func numbers(_ count: Int, dtype: DType) -> (bytes: [UInt8], values: [Float]) {
      let values = (0..<count).map { _ in Float.random(in: -1...1, using: &generator) }
      let rounded = values.map { dtype == .float32 ? $0 : Self.bfloat16($0) }
      let bytes = rounded.flatMap { value -> [UInt8] in
        let pattern = value.bitPattern
        let low: [UInt8] = dtype == .float32 ? [UInt8(pattern & 255), UInt8(pattern >> 8 & 255)] : []
        return low + [UInt8(pattern >> 16 & 255), UInt8(pattern >> 24)]
      }
      return (bytes, rounded)
    }
    // Wider and longer than a tile, and a rank that does not fit into one panel.
    let (rows, columns, rank) = (70, 2100, 130)
    let weight = numbers(rows * columns, dtype: .bfloat16)
    let (a, b) = (numbers(rank * columns, dtype: .float32), numbers(rows * rank, dtype: .float32))
    let base = try Checkpoint.open(
      try folder.write(
        "base.safetensors",
        SafetensorsMaker.file([Self.tensor("layer.weight", [rows, columns], dtype: .bfloat16, weight.bytes)])))
    try folder.write("adapter/adapter_config.json", #"{"peft_type": "LORA", "r": 130, "lora_alpha": 13}"#)
    try folder.write(
      "adapter/adapter_model.safetensors",
      SafetensorsMaker.file([
        Self.tensor("base_model.model.layer.lora_A.weight", [rank, columns], a.bytes),
        Self.tensor("base_model.model.layer.lora_B.weight", [rows, rank], b.bytes),
      ]))
    let adapted = try AdapterFolder.open(folder("adapter")).applied(to: base, configuration: nil).weights
    #expect(adapted.index["layer.weight"]?.dtype == .bfloat16)
    let bytes = try adapted.bytes(of: "layer.weight")
    var largest = 0.0
    for row in 0..<rows {
      for column in 0..<columns {
        var sum = 0.0
        for k in 0..<rank { sum += Double(b.values[row * rank + k]) * Double(a.values[k * columns + column]) }
        let place = row * columns + column
        let exact = Double(weight.values[place]) + 0.1 * sum
        let ours = Float(bitPattern: UInt32(bytes[2 * place]) << 16 | UInt32(bytes[2 * place + 1]) << 24)
        largest = max(largest, abs(Double(ours) - exact) / max(0.25, abs(exact)))
      }
    }
    // Half a place of bfloat16, and what float32 adds up to.
    #expect(largest < 1.0 / 256 + 1e-5)
  }

  private static func bfloat16(_ value: Float) -> Float {
    let pattern = value.bitPattern
    return Float(bitPattern: (pattern + 0x7FFF + (pattern >> 16 & 1)) & 0xFFFF_0000)
  }
}
