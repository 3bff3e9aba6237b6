import BraidTesting
import Checkpoints
import Documents
import Tensors
import Testing

/// Adapters of every kind against what PEFT makes of them; make_adapters.py beside the fixtures made both.
@Suite struct AdapterGoldenTests {
  static let folder = Fixture.path("adapters")
  static let kinds = (try? Files.list(folder + "/expected").map { String($0.prefix { $0 != "." }) }) ?? []

  /// The model that an adapter of the fixtures belongs to.
  static func base(of kind: String) throws -> ModelFolder {
    try ModelFolder.open(folder + "/" + (try #require(AdapterFolder.open(folder + "/" + kind).baseModel)))
  }

  static func adapted(_ kind: String) throws -> (base: ModelFolder, weights: AdaptedTensors, configuration: JSONFile?) {
    let base = try base(of: kind)
    let adapter = try AdapterFolder.open(folder + "/" + kind)
    let adapted = try adapter.applied(to: base.weights, configuration: base.configurationFile)
    return (base, adapted.weights, adapted.configuration)
  }

  @Test func `there are adapters of every kind`() { #expect(Self.kinds.count == 20) }

  @Test(arguments: kinds) func `an adapted model is what PEFT makes of model and adapter`(kind: String) throws {
    let (base, weights, _) = try Self.adapted(kind)
    let expected = try Checkpoint.open(Self.folder + "/expected/\(kind).safetensors")
    for tensor in expected.index.tensors {
      let ours = try #require(weights.index[tensor.name], "\(tensor.name)")
      #expect(ours == tensor)
      let (a, b) = (try weights.floats(tensor.name), try expected.floats(tensor.name))
      let largest = b.reduce(0) { max($0, abs($1)) }
      let far = a.indices.filter { !(abs(a[$0] - b[$0]) <= 1e-6 * largest) }
      #expect(far.isEmpty, "\(tensor.name): \(far.prefix(4).map { "\(a[$0]) for \(b[$0])" })")
    }
    for tensor in base.weights.index.tensors where expected.index[tensor.name] == nil {
      #expect(try weights.bytes(of: tensor.name) == base.weights.bytes(of: tensor.name), "\(tensor.name)")
    }
  }

  @Test(arguments: kinds) func `adapted models keep the contract of tensor sources`(kind: String) async throws {
    try await TensorSourceContract.check(try Self.adapted(kind).weights)
  }

  @Test(arguments: kinds) func `any range comes out with the bits of the whole`(kind: String) throws {
    let weights = try Self.adapted(kind).weights
    var generator = SeededGenerator(seed: 5)
    for tensor in weights.index.tensors {
      let whole = try weights.bytes(of: tensor.name)
      for _ in 0..<20 {
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

  @Test func `an adapter on one of two that share a matrix parts them, and the configuration says so`() throws {
    for kind in ["tied-embedding", "tied-head", "tied-whole-embedding"] {
      let (base, weights, configuration) = try Self.adapted(kind)
      #expect(base.configuration?["tie_word_embeddings"]?.bool == true)
      #expect(configuration?.root["tie_word_embeddings"]?.bool == false, "\(kind)")
      #expect(weights.index["lm_head.weight"]?.shape == [24, 8])
      #expect(weights.index.tensors.count == base.weights.index.tensors.count + 1)
    }
    // Rows of single tokens are trained for both.
    let tokens = try Self.adapted("tied-tokens")
    #expect(tokens.weights.index == tokens.base.weights.index)
    #expect(tokens.configuration?.bytes == tokens.base.configurationFile?.bytes)
    let whole = try Self.adapted("plain")
    #expect(whole.configuration?.bytes == whole.base.configurationFile?.bytes)
  }
}

extension TensorSource {
  /// A float32 tensor's elements.
  func floats(_ name: String) throws -> [Float] {
    try bytes(of: name).withUnsafeBytes { raw in
      (0..<raw.count / 4).map { raw.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
    }
  }
}
