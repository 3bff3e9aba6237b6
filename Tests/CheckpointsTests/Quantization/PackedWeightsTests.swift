import BraidTesting
import Checkpoints
import Documents
import Tensors
import Testing

@Suite struct PackedWeightsTests {
  private static let folder = Fixture.path("formats/safetensors/packed")
  private static let models = (try? Files.list(folder + "/expected").map { String($0.prefix { $0 != "." }) }) ?? []

  @Test func `there are models of every kind`() { #expect(Self.models.count == 12) }

  @Test(arguments: models) func `packed weights are the numbers that they were made from, to the bit`(name: String)
    throws
  {
    let model = try ModelFolder.open(Self.folder + "/" + name)
    let expected = try Checkpoint.open(Self.folder + "/expected/" + name + ".safetensors")
    for tensor in expected.index.tensors {
      #expect(model.weights.index[tensor.name] == tensor)
      #expect(try model.weights.bytes(of: tensor.name) == expected.bytes(of: tensor.name), "\(tensor.name)")
    }
    #expect(try model.weights.bytes(of: "norm.weight") == model.checkpoint.bytes(of: "norm.weight"))
  }

  @Test(arguments: models) func `unpacked weights keep the contract of tensor sources`(name: String) async throws {
    let model = try ModelFolder.open(Self.folder + "/" + name)
    try await TensorSourceContract.check(try #require(model.weights as? DerivedTensors))
  }

  @Test(arguments: models) func `any range can be read, into memory of any alignment`(name: String) throws {
    let weights = try ModelFolder.open(Self.folder + "/" + name).weights
    var generator = SeededGenerator(seed: 11)
    for tensor in weights.index.tensors where tensor.dtype == .float32 {
      let whole = try weights.bytes(of: tensor.name)
      for _ in 0..<60 {
        let ends = (0..<2).map { _ in Int.random(in: 0...tensor.shape.elementCount, using: &generator) }.sorted()
        var room = [UInt8](repeating: 0, count: (ends[1] - ends[0]) * 4 + 1)
        try room.withUnsafeMutableBytes {
          try weights.read(
            tensor.name, elements: ends[0]..<ends[1], into: UnsafeMutableRawBufferPointer(rebasing: $0.dropFirst()))
        }
        #expect(Array(room.dropFirst()) == Array(whole[ends[0] * 4..<ends[1] * 4]), "\(tensor.name) \(ends)")
      }
    }
  }

  @Test func `scales, zero points and lists have no place in the model, everything else has`() throws {
    func names(_ name: String) throws -> [String] {
      try ModelFolder.open(Self.folder + "/" + name).weights.index.tensors.map(\.name).sorted()
    }
    #expect(try names("fp8-block") == ["a.weight", "norm.weight"])
    #expect(try names("fp8-scales") == ["a.weight", "b.weight", "c.weight", "d.weight", "norm.weight"])
    #expect(try names("fp8-experts") == ["a.weight", "b", "c.weight", "norm.weight"])
    #expect(try names("gptq-4-bits-act-order") == ["a.bias", "a.weight", "norm.weight"])
    #expect(try names("awq") == ["a.weight", "norm.weight"])
  }

  @Test func `the configuration of an unpacked model says nothing of codes, and keeps every other byte`() throws {
    for name in Self.models where name != "fp8-without-configuration" {
      let model = try ModelFolder.open(Self.folder + "/" + name)
      #expect(model.isUnpacked)
      let text = String(decoding: try #require(model.configurationFile).bytes, as: UTF8.self)
      #expect(text == "{\n  \"model_type\": \"llama\",\n  \"vocab_size\": 4\n}\n")
    }
  }

  @Test func `notes on the packing do not go with an unpacked model`() throws {
    let copy = try TemporaryFolder()
    for name in ["model.safetensors", "config.json"] {
      try Files.copy(Self.folder + "/awq-narrow/" + name, to: copy(name))
    }
    for name in ["quant_config.json", "quantize_config.json", "tokenizer.json"] { try copy.write(name, "{}") }
    #expect(try ModelFolder.open(copy.path).filesToCarry.map(\.name) == ["tokenizer.json"])
  }

  @Test(arguments: [("gptq-4-bits", "quantize_config.json"), ("awq-narrow", "quant_config.json")])
  func `notes on the packing stand in for a configuration that says nothing`(name: String, notes: String) throws {
    let original = try ModelFolder.open(Self.folder + "/" + name)
    let copy = try TemporaryFolder()
    try Files.copy(Self.folder + "/" + name + "/model.safetensors", to: copy("model.safetensors"))
    let file = try JSONFile(path: Self.folder + "/" + name + "/config.json")
    let settings = try #require(file.root["quantization_config"])
    // The tools leave out the name of their own method.
    let text = String(decoding: file.bytes[settings.range], as: UTF8.self).replacing("\"quant_method\"", with: "\"x\"")
    try copy.write(notes, text)
    try copy.write("config.json", "{\"model_type\": \"llama\"}")
    let model = try ModelFolder.open(copy.path)
    #expect(model.isUnpacked)
    #expect(model.weights.index == original.weights.index)
    for tensor in model.weights.index.tensors {
      #expect(try model.weights.bytes(of: tensor.name) == original.weights.bytes(of: tensor.name))
    }
  }

  @Test func `a model with plain weights is left alone, whatever its configuration says`() throws {
    let copy = try TemporaryFolder()
    let weights = [
      (TensorDescription(name: "a.weight", dtype: .bfloat16, shape: [2, 2]), [UInt8](repeating: 1, count: 8)),
      (TensorDescription(name: "position_ids", dtype: .int64, shape: [1, 1]), [UInt8](repeating: 0, count: 8)),
    ]
    try copy.write("model.safetensors", SafetensorsMaker.file(weights))
    for method in ["hqq", "gptq", "fp8"] {
      try copy.write("config.json", "{\"quantization_config\": {\"quant_method\": \"\(method)\"}}")
      let model = try ModelFolder.open(copy.path)
      #expect(!model.isUnpacked)
      #expect(model.configuration?["quantization_config"] != nil)
    }
    // Float8 without scales and without a word about them is a dtype like any other.
    try copy.write("config.json", "{}")
    let plain = [
      (TensorDescription(name: "a.weight", dtype: .float8E4M3, shape: [2, 2]), [UInt8](repeating: 1, count: 4))
    ]
    try copy.write("model.safetensors", SafetensorsMaker.file(plain))
    #expect(try ModelFolder.open(copy.path).weights.index["a.weight"]?.dtype == .float8E4M3)
  }

  @Test func `every broken model gets the message that was recorded for it`() throws {
    let folder = Self.folder + "/broken"
    var report = ""
    for file in try Files.list(folder) where file.hasSuffix("/config.json") {
      let name = String(file.prefix { $0 != "/" })
      do {
        let model = try ModelFolder.open(folder + "/" + name)
        // What only the elements show is found when they are read.
        for tensor in model.weights.index.tensors { _ = try model.weights.bytes(of: tensor.name) }
        Issue.record("\(name) was accepted")
      } catch {
        let error = try #require(error as? CheckpointError)
        #expect(error.path.hasPrefix(folder + "/" + name))
        report += "\(name)\n  \(error.message)\n" + (error.hint.map { "  \($0)\n" } ?? "")
      }
    }
    try Golden.expect(report, at: "broken-models.txt")
  }
}
