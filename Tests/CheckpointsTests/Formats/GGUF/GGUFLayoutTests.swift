import BraidTesting
import Checkpoints
import Documents
import Tensors
import Testing

/// Models written as GGUF files, and read again.
@Suite struct GGUFLayoutTests {
  /// Writes a model's tensors, each in pieces of whole rows.
  private func write(
    _ folder: String, form: GGUFForm, maxShardSize: Int? = nil, to destination: String
  ) throws -> ModelFolder {
    let model = try ModelFolder.open(Fixture.path(folder))
    let layout = try GGUFLayout.make(
      model.checkpoint.index.tensors, configuration: model.configuration,
      tokenizer: try TokenizerFiles(of: model), name: "tiny", form: form, maxShardSize: maxShardSize)
    let writer = try CheckpointWriter(
      destination: destination, layout: layout, fingerprint: "", mode: .fresh, allowsDirect: false)
    for (number, tensor) in layout.tensors.enumerated() {
      let bytes = try model.weights.bytes(of: tensor.name)
      let row = tensor.shape.rowLength * tensor.dtype.byteCount
      let piece = max(row, bytes.count / row / 3 * row)
      for start in stride(from: 0, to: bytes.count, by: piece) {
        try bytes[start..<min(bytes.count, start + piece)].withUnsafeBytes {
          try writer.write($0, tensor: number, byteOffset: start)
        }
      }
      try writer.finished(tensor: number)
    }
    try writer.finish()
    return try ModelFolder.open(destination)
  }

  @Test(arguments: ["default", "biases", "odd-sizes", "one-key-head", "tied", "llama3", "linear", "yarn"])
  func `a Llama in float32 is read back bit for bit`(kind: String) throws {
    let folder = try TemporaryFolder()
    let written = try write("architectures/llama/\(kind)", form: .float32, to: folder("out"))
    let original = try ModelFolder.open(Fixture.path("architectures/llama/\(kind)"))
    #expect(Set(written.weights.index.tensors) == Set(original.weights.index.tensors))
    for tensor in original.weights.index.tensors {
      #expect(try written.weights.bytes(of: tensor.name) == original.weights.bytes(of: tensor.name), "\(tensor.name)")
    }
    for key in [
      "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads",
      "max_position_embeddings", "vocab_size", "rms_norm_eps",
    ] {
      #expect(written.configuration?[key]?.double == original.configuration?[key]?.double, "\(key)")
    }
    #expect(
      written.configuration?["tie_word_embeddings"]?.bool == original.configuration?["tie_word_embeddings"]?.bool)
  }

  @Test func `a Llama is stored as the file that the reference implementation makes of it`() throws {
    let folder = try TemporaryFolder()
    let written = try write("architectures/llama/default", form: .float32, to: folder("out"))
    let reference = try Checkpoint.open(Fixture.path("formats/gguf/llama.gguf"))
    #expect(Set(written.checkpoint.index.tensors) == Set(reference.index.tensors))
    for tensor in reference.index.tensors {
      #expect(try written.checkpoint.bytes(of: tensor.name) == reference.bytes(of: tensor.name), "\(tensor.name)")
    }
  }

  @Test func `a model is split into parts of a largest size, and read again`() async throws {
    let folder = try TemporaryFolder()
    let written = try write("architectures/llama/llama3", form: .float32, maxShardSize: 20_000, to: folder("out"))
    let names = try Files.list(folder("out")).filter { $0.hasSuffix(".gguf") }
    #expect(names.count > 2 && names.first == "model-00001-of-0000\(names.count).gguf")
    let original = try ModelFolder.open(Fixture.path("architectures/llama/llama3"))
    #expect(Set(written.weights.index.tensors) == Set(original.weights.index.tensors))
    for tensor in original.weights.index.tensors {
      #expect(try written.weights.bytes(of: tensor.name) == original.weights.bytes(of: tensor.name), "\(tensor.name)")
    }
    // The factors of rotary positions are in the first part.
    #expect(written.configuration?["rope_scaling"] != nil)
    let count = written.checkpoint.index.tensors.count
    for (number, file) in written.checkpoint.files.enumerated() {
      let metadata = file.contents.metadata.filter { $0.key.hasPrefix("split.") }.map(\.value)
      #expect(metadata == ["\(number)", "\(names.count)", "\(count)"])
    }
    #expect(written.checkpoint.files[1].contents.metadata.count == 3)
  }

  @Test func `a split of more parts than names have digits for is refused`() throws {
    let descriptions = (0..<12_000).map {
      TensorDescription(name: "model.layers.\($0).mlp.up_proj.weight", dtype: .float32, shape: [8, 8])
    }
    let error = try #require(throws: CheckpointError.self) {
      try GGUFLayout.make(
        descriptions, configuration: Self.configuration("LlamaForCausalLM"), form: .float32, maxShardSize: 1)
    }
    #expect(error.message == "12000 files are too many")
  }

  @Test func `the metadata of a written file is complete, and its tokenizer comes back`() throws {
    let folder = try TemporaryFolder()
    let written = try write("families/a/base", form: .blocks(.q8_0), to: folder("out"))
    let texts = written.checkpoint.files[0].contents.metadata.map { "\($0.key) = \($0.value)" }
    let tensors = written.checkpoint.index.tensors.map { tensor in
      "\(tensor.name) \(written.checkpoint.location(of: tensor.name)?.storage ?? tensor.dtype.rawValue) \(tensor.shape)"
    }
    try Golden.expect((texts + tensors).joined(separator: "\n") + "\n", at: "written.txt")
    let original = try ModelFolder.open(Fixture.path("families/a/base"))
    let tokenizer = try #require(try written.json(named: "tokenizer.json")).root
    let expected = try #require(try original.json(named: "tokenizer.json")).root
    for key in ["vocab", "merges"] {
      let (mine, theirs) = (tokenizer["model"]?[key], expected["model"]?[key])
      #expect((mine?.object?.count ?? mine?.array?.count ?? 0) > 0)
      #expect(mine?.object?.count == theirs?.object?.count && mine?.array?.count == theirs?.array?.count)
    }
    #expect(tokenizer["post_processor"]?["type"]?.string == "TemplateProcessing")
    let settings = try #require(try written.json(named: "tokenizer_config.json")).root
    #expect(
      settings["chat_template"]?.string
        == (try original.file(named: "chat_template.jinja").map { String(decoding: $0, as: UTF8.self) }))
  }

  @Test func `blocks lie where rows are whole blocks, and nowhere else`() {
    let tensors: [(String, Shape)] = [
      ("model.embed_tokens.weight", [64, 512]), ("lm_head.weight", [64, 512]), ("model.norm.weight", [512]),
      ("model.layers.0.self_attn.q_proj.weight", [512, 512]), ("model.layers.0.mlp.down_proj.weight", [512, 96]),
      ("model.layers.0.mlp.up_proj.weight", [80, 40]),
    ]
    let descriptions = tensors.map { TensorDescription(name: $0.0, dtype: .bfloat16, shape: $0.1) }
    func forms(_ form: GGUFForm) -> [String] {
      (try? GGUFLayout.make(descriptions, configuration: Self.configuration("LlamaForCausalLM"), form: form))?
        .placements.map(\.form.elements.name) ?? []
    }
    #expect(forms(.blocks(.q4_K)) == ["Q4_K", "Q6_K", "float32", "Q4_K", "Q5_0", "float16"])
    #expect(forms(.blocks(.q8_0)) == ["Q8_0", "Q8_0", "float32", "Q8_0", "Q8_0", "float16"])
    #expect(forms(.float16) == ["float16", "float16", "float32", "float16", "float16", "float16"])
    #expect(forms(.bfloat16)[2] == "float32" && forms(.bfloat16)[3] == "bfloat16")
  }

  @Test func `queries and keys of a Llama are turned, norms of a Gemma are shifted`() throws {
    let tensors = [
      TensorDescription(name: "model.layers.0.self_attn.q_proj.weight", dtype: .float32, shape: [64, 8]),
      TensorDescription(name: "model.layers.0.self_attn.k_proj.weight", dtype: .float32, shape: [32, 8]),
      TensorDescription(name: "model.layers.0.input_layernorm.weight", dtype: .bfloat16, shape: [8]),
    ]
    func forms(_ name: String) throws -> [StoredForm] {
      try GGUFLayout.make(tensors, configuration: Self.configuration(name), form: .float32).placements.map(\.form)
    }
    #expect(
      try forms("MistralForCausalLM").map(\.order)
        == [.interleavedHalves(heads: 4), .interleavedHalves(heads: 2), .same])
    #expect(try forms("Qwen2ForCausalLM").map(\.order) == [.same, .same, .same])
    #expect(try forms("GemmaForCausalLM").map(\.addend) == [0, 0, 1])
    #expect(try forms("LlamaForCausalLM").map(\.addend) == [0, 0, 0])
  }

  @Test func `what llama cpp has no word for is refused with what there is`() throws {
    func message(_ configuration: JSONNode?, tensors: [String] = [], tokenizer: String? = nil) -> String {
      let descriptions = tensors.map { TensorDescription(name: $0, dtype: .float32, shape: [4, 4]) }
      do {
        _ = try GGUFLayout.make(
          descriptions, configuration: configuration,
          tokenizer: TokenizerFiles(tokenizer: try tokenizer.map { try JSONParser.parse($0) }), form: .float32)
        return "no error"
      } catch {
        return "\(error)"
      }
    }
    let llama = Self.configuration("LlamaForCausalLM")
    let reports = [
      message(nil), message(Self.configuration("BertModel")), message(llama, tensors: ["model.layers.0.other.weight"]),
      message(llama, tensors: ["model.layers.0.self_attn.q_proj.weight"]),
      message(llama, tokenizer: #"{"model": {"type": "Unigram"}}"#),
      message(llama, tokenizer: #"{"model": {"type": "BPE"}, "pre_tokenizer": {"type": "Whitespace"}}"#),
      message(llama, tokenizer: #"{"model": {"type": "BPE"}, "normalizer": {"type": "Lowercase"}}"#),
      message(
        llama,
        tokenizer:
          #"{"model": {"vocab": {"a": 99}}, "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false}}"#),
      message(Self.configuration("LlamaForCausalLM", more: #", "rope_scaling": {"rope_type": "dynamic"}"#)),
    ]
    try Golden.expect(reports.joined(separator: "\n") + "\n", at: "refusals.txt")
  }

  private static func configuration(_ name: String, more: String = "") -> JSONNode? {
    try? JSONParser.parse(
      """
      {"architectures": ["\(name)"], "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 1,
       "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 128, "vocab_size": 64\(more)}
      """)
  }
}
