import BraidTesting
import Documents
import Testing

/// `braid eval` on an embedding model, against what transformers and scipy make of the same prompts
/// (`Fixtures/embeddings/make_embeddings.py`).
struct EmbeddingCommandTests {
  private let folder: TemporaryFolder
  private let model = Fixture.path("embeddings/tiny")
  private let prompts = ["similarity", "retrieval", "pairs"].map { Fixture.path("embeddings/\($0).jsonl") }

  init() throws { folder = try TemporaryFolder() }

  private func scores(of model: String) throws -> JSONNode {
    let run = try BraidBinary.run(["eval", model, "--json", "--quiet", "--prompts"] + prompts)
    #expect(run.status == 0, "\(run.errors)")
    return try #require(try JSONParser.parse(run.output)["models"]?.array?.first?["tasks"])
  }

  private func expectOracle(_ scores: JSONNode) throws {
    let expected = try JSONParser.parse(Files.bytes(Fixture.path("embeddings/expected.json")))
    for task in try #require(expected.object) {
      for metric in try #require(task.node.object) {
        let value = try #require(scores[task.key]?[metric.key]?["value"]?.double)
        #expect(abs(value - (metric.node.double ?? .nan)) < 1e-9, "\(task.key) \(metric.key)")
      }
    }
  }

  @Test func `similarity, retrieval and pairs score as transformers and scipy have them`() throws {
    try expectOracle(scores(of: model))
  }

  @Test func `a merge of embedding models is judged in memory and from disk`() throws {
    let spec = try folder.write(
      "same.yml",
      """
      merge_method: linear
      models:
        - {model: "\(model)", parameters: {weight: 1}}
        - {model: "\(model)", parameters: {weight: 3}}
      """)
    try expectOracle(scores(of: spec))
    let merge = try BraidBinary.run(["merge", spec, "-o", folder("merged"), "--quiet"])
    #expect(merge.status == 0, "\(merge.errors)")
    try expectOracle(scores(of: folder("merged")))
  }

  @Test func `models are compared prompt by prompt, and what their vectors make of each is kept`() throws {
    let spec = try folder.write(
      "half.yml",
      """
      merge_method: linear
      parameters: {normalize: false}
      models:
        - {model: "\(model)", parameters: {weight: 0.5}}
      """)
    let samples = folder("samples.jsonl")
    let run = try BraidBinary.run(
      ["eval", spec, "--against", model, "--samples", samples, "--json", "--quiet", "--prompts"] + prompts)
    #expect(run.status == 0, "\(run.errors)")
    let models = try #require(try JSONParser.parse(run.output)["models"]?.array)
    #expect(models.count == 2 && models[1]["tasks"]?["alike"]?["spearman"]?["difference"] != nil)
    let lines = try Files.text(samples).split(separator: "\n")
    #expect(lines.count == 2 * (12 + 5 + 10))
  }

  @Test func `prompts of both kinds do not mix, and a language model is no embedding model`() throws {
    let mixed = try BraidBinary.run(
      ["eval", model, "--prompts", prompts[0], Fixture.path("families/a/prompts/facts.heldout.jsonl")])
    #expect(mixed.status == 2 && !mixed.errors.isEmpty)
    let other = try BraidBinary.run(["eval", Fixture.path("families/a/base"), "--prompts", prompts[0]])
    #expect(other.status != 0 && other.errors.contains("unknown encoder \"llama\""), "\(other.errors)")
  }
}
