import BraidTesting
import Checkpoints
import Documents
import Tensors
import Testing

@Suite struct CheckpointTests {
  @Test func `reads the fixture models`() async throws {
    for name in ["base", "expert-sums", "expert-sort", "expert-facts", "expert-plural"] {
      let model = try ModelFolder.open(Fixture.path("families/a/\(name)"))
      #expect(model.checkpoint.index.tensors.count == 39)
      #expect(model.checkpoint.index.elementCount == 869_504)
      #expect(model.configuration?["num_hidden_layers"]?.int == 4)
      try await TensorSourceContract.check(model.checkpoint)
    }
  }

  @Test func `a file, its folder and a list of shards are the same checkpoint`() throws {
    let folder = try TemporaryFolder()
    let source = Fixture.path("families/a/base/model.safetensors")
    let single = try Checkpoint.open(source)
    #expect(try Checkpoint.open(Fixture.path("families/a/base")).index == single.index)
    try Files.copy(source, to: folder("part.safetensors"))
    let list = single.index.tensors.map { "\"\($0.name)\": \"part.safetensors\"" }.joined(separator: ",")
    let path = try folder.write("model.safetensors.index.json", "{\"weight_map\": {\(list)}}")
    for opened in [folder.path, path] {
      let checkpoint = try Checkpoint.open(opened)
      #expect(checkpoint.index == single.index)
      #expect(try checkpoint.bytes(of: "lm_head.weight") == single.bytes(of: "lm_head.weight"))
    }
  }

  @Test func `a source in memory keeps the contract, and its file too`() async throws {
    let memory = MemorySource(floats: [
      ("a", [2, 3], [1, 2, 3, 4, 5, 6]), ("scalar", [], [7]), ("empty", [0, 4], []),
    ])
    try await TensorSourceContract.check(memory)
    let folder = try TemporaryFolder()
    let path = try folder.write("x.safetensors", try SafetensorsMaker.file(memory))
    let checkpoint = try Checkpoint.open(path)
    #expect(checkpoint.index == memory.index)
    try await TensorSourceContract.check(checkpoint)
    #expect(try checkpoint.bytes(of: "a") == memory.bytes(of: "a"))
  }
}
