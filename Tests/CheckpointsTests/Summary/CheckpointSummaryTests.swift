import BraidTesting
import Checkpoints
import Tensors
import Testing

@Suite struct CheckpointSummaryTests {
  @Test func `the fixture's summary is the recorded one`() throws {
    let text = try CheckpointSummary(of: ModelFolder.open(Fixture.path("families/a/base"))).text
    try Golden.expect(text.split(separator: Fixture.packageRoot + "/").joined(), at: "base.txt")
  }

  @Test func `shards and several dtypes are listed, and missing files are not missed`() throws {
    let folder = try TemporaryFolder()
    let tensors = [
      TensorDescription(name: "big", dtype: .bfloat16, shape: [1000, 1500]),
      TensorDescription(name: "small", dtype: .float32, shape: [3]),
      TensorDescription(name: "clear\u{1b}[2J", dtype: .int8, shape: []),
    ]
    let layout = try SafetensorsLayout.make(tensors, maxShardSize: 1000)
    let writer = try CheckpointWriter(destination: folder("m"), layout: layout, fingerprint: "", mode: .fresh)
    for tensor in tensors.indices { try writer.finished(tensor: tensor) }
    try writer.finish()
    let summary = try CheckpointSummary(of: ModelFolder.open(folder("m")))
    try Golden.expect(summary.text.split(separator: folder.path + "/").joined(), at: "shards.txt")
  }

  @Test func `kinds of tokenizers are told apart`() throws {
    let folder = try TemporaryFolder()
    try folder.write("model.safetensors", SafetensorsMaker.file([]))
    func summary() throws -> TokenizerSummary? { try TokenizerSummary(of: ModelFolder.open(folder.path)) }
    #expect(try summary() == nil)
    try folder.write("tokenizer.model", "")
    #expect(try summary()?.file == "tokenizer.model")
    try folder.write(
      "tokenizer.json",
      #"{"model": {"type": "Unigram", "vocab": [["a", -1], ["b", -2]]}, "added_tokens": [{"content": "b"}, {"content": "c"}]}"#
    )
    #expect(try summary()?.kind == "Unigram")
    #expect(try summary()?.vocabularySize == 3)
  }
}
