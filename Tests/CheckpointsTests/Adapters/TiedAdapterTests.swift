import BraidTesting
import Checkpoints
import Documents
import Tensors
import Testing

/// Adapters that train both embedding and head of a model that has the two as one matrix; make_tied.py beside them noted
/// what PEFT's model gives for each token and each unit vector while such an adapter is beside it.
@Suite struct TiedAdapterTests {
  static let folder = Fixture.packageRoot + "/Tests/CheckpointsTests/Adapters/Goldens/tied/"
  static let apart = [
    "both-updated", "both-whole", "embedding-updated-head-whole", "embedding-whole-head-updated",
  ]
  static let asOne = ["both-updated-as-one", "both-whole-as-one"]

  private func adapted(_ kind: String) throws -> (base: ModelFolder, weights: AdaptedTensors, isTied: Bool?) {
    let base = try ModelFolder.open(Fixture.path("adapters/tied"))
    let adapted = try AdapterFolder.open(Self.folder + kind).applied(
      to: base.weights, configuration: base.configurationFile)
    return (base, adapted.weights, adapted.configuration?.root["tie_word_embeddings"]?.bool)
  }

  private func expectEqual(_ ours: [Float], _ theirs: [Float], _ name: String) {
    let largest = theirs.reduce(0) { max($0, abs($1)) }
    let far = theirs.indices.filter { !(abs(ours[$0] - theirs[$0]) <= 1e-6 * largest) }
    #expect(ours.count == theirs.count && far.isEmpty, "\(name)")
  }

  @Test(arguments: apart) func `both become matrices of their own that compute what the trained model does`(
    kind: String
  ) throws {
    let (base, weights, isTied) = try adapted(kind)
    let forward = try Checkpoint.open(Self.folder + kind + "/expected.safetensors")
    for tensor in forward.index.tensors {
      expectEqual(try weights.floats(tensor.name), try forward.floats(tensor.name), tensor.name)
    }
    #expect(forward.index.tensors.count == 2 && isTied == false)
    #expect(weights.index.tensors.count == base.weights.index.tensors.count + 1)
    let (embedding, head) = (
      try weights.bytes(of: "model.embed_tokens.weight"), try weights.bytes(of: "lm_head.weight")
    )
    #expect(embedding != head)
  }

  @Test(arguments: asOne) func `what was trained as one stays one`(kind: String) throws {
    let (base, weights, isTied) = try adapted(kind)
    let forward = try Checkpoint.open(Self.folder + kind + "/expected.safetensors")
    let embedding = try weights.floats("model.embed_tokens.weight")
    for tensor in forward.index.tensors { expectEqual(embedding, try forward.floats(tensor.name), tensor.name) }
    #expect(isTied == true && weights.index == base.weights.index)
  }
}
