import BraidTesting
import Checkpoints
import Documents
import Tensors
import Testing

/// GGUF files read as models.
@Suite struct GGUFModelTests {
  private func open(_ name: String) throws -> ModelFolder {
    try ModelFolder.open(Fixture.path("formats/gguf/\(name).gguf"))
  }

  @Test func `a Llama has the tensors of the checkpoint that it was made from, bit for bit`() async throws {
    let model = try open("llama")
    let original = try Checkpoint.open(Fixture.path("architectures/llama/default"))
    #expect(Set(model.weights.index.tensors) == Set(original.index.tensors))
    for tensor in original.index.tensors {
      #expect(try model.weights.bytes(of: tensor.name) == original.bytes(of: tensor.name), "\(tensor.name)")
    }
    let weights = try #require(model.weights as? DerivedTensors)
    try await TensorSourceContract.check(weights)
  }

  @Test func `rows of queries and keys are read in any piece`() throws {
    let weights = try open("llama").weights
    let name = "model.layers.1.self_attn.q_proj.weight"
    let whole = try weights.bytes(of: name)
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<500 {
      let start = Int.random(in: 0..<whole.count / 4, using: &generator)
      let end = Int.random(in: start...whole.count / 4, using: &generator)
      var piece = [UInt8](repeating: 0, count: (end - start) * 4)
      try piece.withUnsafeMutableBytes { try weights.read(name, elements: start..<end, into: $0) }
      #expect(piece == Array(whole[start * 4..<end * 4]), "\(start)..<\(end)")
    }
  }

  @Test func `turning rows there and back changes nothing`() throws {
    let tensor = TensorDescription(name: "q", dtype: .uint8, shape: [24, 5])
    let memory = MemorySource([(tensor, Array(0..<120))])
    let pairs = try #require(RotaryRows(tensor, heads: 3, order: .pairs))
    let turned = DerivedTensors([DerivedTensor(description: tensor, derivation: pairs)], from: memory)
    // The first head has rows 0 to 7; row 4 is the partner of row 0.
    #expect(try Array(turned.bytes(of: "q")[5..<10]) == [20, 21, 22, 23, 24])
    let halves = try #require(RotaryRows(tensor, heads: 3, order: .halves))
    let back = DerivedTensors([DerivedTensor(description: tensor, derivation: halves)], from: turned)
    #expect(try back.bytes(of: "q") == Array(0..<120))
    #expect(RotaryRows(tensor, heads: 5, order: .pairs) == nil)
    #expect(RotaryRows(tensor, heads: .max, order: .pairs) == nil)
  }

  @Test(arguments: ["llama", "llama-rope", "llama3-rope", "gemma2"])
  func `the configuration is what transformers would have`(name: String) throws {
    let file = try #require(try open(name).configurationFile)
    try Golden.expect(String(decoding: file.bytes, as: UTF8.self), at: "\(name)-config.json")
  }

  @Test func `norms of Gemma lose the 1 that is stored with them`() throws {
    let weights = try open("gemma2").weights
    let norm = try weights.bytes(of: "model.layers.0.pre_feedforward_layernorm.weight")
    let expected: [Float] = [0, 0.5, -0.25, 1]
    #expect(norm == expected.flatMap { withUnsafeBytes(of: $0, Array.init) })
    #expect(try weights.bytes(of: "model.norm.weight") == [UInt8](repeating: 0, count: 16))
    #expect(weights.index["model.layers.0.self_attn.q_proj.weight"]?.shape == [12, 4])
  }

  @Test func `rotary factors are in the configuration, not among the tensors`() throws {
    #expect(try open("llama-rope").weights.index.tensors.map(\.name) == ["model.embed_tokens.weight"])
  }

  @Test func `tensors of an unknown architecture keep their names, and the file says why`() throws {
    let model = try open("kinds")
    #expect(model.weights.index["four.extents"] != nil)
    #expect(model.configuration == nil && model.documents.isEmpty)
    let note = try #require(model.checkpoint.files[0].contents.metadata.last)
    #expect(note.key == "braid.names")
    #expect(
      note.value.hasSuffix(
        "the architecture none is none of llama, qwen2, qwen3, qwen3moe, gemma, gemma2, gemma3, phi3, olmo2, gpt2, "
          + "gptneox, bert"))
  }

  @Test(arguments: [("family-a", "families/a/base"), ("llama3", "tokenizers/llama3")])
  func `the tokenizer is that of the model which the file was made from`(name: String, folder: String) throws {
    let model = try open("vocabulary-" + name)
    let tokenizer = try #require(try model.json(named: "tokenizer.json")).root
    let original = try JSONParser.parse(try Files.bytes(Fixture.path(folder + "/tokenizer.json")))
    for key in ["merges", "ignore_merges", "type"] {
      #expect(plain(tokenizer["model"]?[key]) == plain(original["model"]?[key]), "\(key)")
    }
    #expect(plain(tokenizer["added_tokens"]) == plain(original["added_tokens"]))
    let tokens = Dictionary((original["model"]?["vocab"]?.object ?? []).map { ($0.key, $0.node.int) }) { $1 }
    let stored = Dictionary((tokenizer["model"]?["vocab"]?.object ?? []).map { ($0.key, $0.node.int) }) { $1 }
    #expect(tokens.allSatisfy { stored[$0.key] == $0.value })
    let settings = try #require(try model.json(named: "tokenizer_config.json")).root
    #expect(settings["bos_token"]?.string == "<s>" && settings["eos_token"]?.string == "</s>")
  }

  /// A value without the places where its parts stand; merges in either spelling.
  private func plain(_ node: JSONNode?) -> String {
    switch node?.value {
    case .string(let text)?: text
    case .number(let text)?: text
    case .bool(let flag)?: "\(flag)"
    case .array(let elements)?:
      elements.count == 2 && elements.allSatisfy { $0.string != nil }
        ? elements.map(plain).joined(separator: " ") : "[" + elements.map(plain).joined(separator: "\n") + "]"
    case .object(let members)?: members.map { "\($0.key): \(plain($0.node))" }.joined(separator: ", ")
    case .null?, nil: "null"
    }
  }
}
