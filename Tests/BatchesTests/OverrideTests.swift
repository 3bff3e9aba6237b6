import Batches
import BraidTesting
import Checkpoints
import Documents
import Evaluation
import LanguageModels
import Merging
import Tensors
import Testing

/// `--seed` and `--allow-nan` of evaluations and batches.
@Suite struct OverrideTests {
  private static let family = Fixture.path("families/a/")
  private let folder: TemporaryFolder
  private let spec: String

  init() throws {
    folder = try TemporaryFolder()
    spec = try folder.write(
      "dare.yml",
      """
      merge_method: dare_linear
      base_model: \(Self.family)base
      models: [{model: \(Self.family)expert-sums, parameters: {weight: 1, density: 0.3}}]
      seed: 1
      """)
  }

  private func loader(seed: UInt64? = nil, allowsNonFinite: Bool = false) -> ModelLoader {
    ModelLoader(
      resources: MergeResources(threads: 2), precision: .float32,
      overrides: MergeOverrides(seed: seed, allowsNonFinite: allowsNonFinite))
  }

  private func likelihood(_ model: any TextModel) throws -> Double {
    let tokens = try model.tokenizer.encode("the sum of three and four", addingSpecialTokens: true)
    let request = ScoringRequest(context: [tokens[0]], continuations: [Array(tokens.dropFirst())])
    return try #require(try model.score([request], progress: { _ in }).first?.first).logLikelihood
  }

  @Test func `a spec that is merged in memory draws from the seed that was asked for, as its checkpoint does`() throws {
    let own = try likelihood(try loader().load(spec).model)
    let other = try likelihood(try loader(seed: 2).load(spec).model)
    #expect(own != other)
    #expect(try likelihood(try loader(seed: 1).load(spec).model) == own)
    try loader(seed: 2).merge(spec, into: folder("out")) { _, _ in }
    #expect(try likelihood(try loader().load(folder("out")).model) == other)
    #expect(try Files.text(folder("out/merge.yml")).contains("\nseed: 2"))
  }

  @Test func `what answers depend on says which seed there was, and whether NaN was let pass`() throws {
    let own = try loader().inputs(of: spec).lines
    #expect(try loader(seed: 2).inputs(of: spec).lines != own)
    #expect(try loader(seed: 1).inputs(of: spec).lines == own)
    #expect(try loader(allowsNonFinite: true).inputs(of: spec).lines.count == own.count + 1)
    // A checkpoint is what it is.
    let base = Self.family + "base"
    #expect(try loader(seed: 2, allowsNonFinite: true).inputs(of: base).lines == loader().inputs(of: base).lines)
    #expect(loader(seed: 2, allowsNonFinite: true).options == ["--seed 2", "--allow-nan"])
    #expect(loader().options == [])
  }

  @Test func `an element that is not finite is merged in memory only if that was asked for`() throws {
    let source = try Checkpoint.open(Self.family + "expert-sums")
    let tensors = try source.index.tensors.map { tensor in
      var bytes = try source.bytes(of: tensor.name)
      // The quiet NaN of bfloat16 and of float32, little-endian.
      if tensor.name.hasSuffix("layers.0.mlp.up_proj.weight") {
        let last = tensor.dtype.byteCount - 1
        (bytes[last - 1], bytes[last]) = (0xC0, 0x7F)
      }
      return (tensor, bytes)
    }
    try folder.write("nan/model.safetensors", SafetensorsMaker.file(tensors))
    try Files.copy(Self.family + "expert-sums/config.json", to: folder("nan/config.json"))
    try Files.copy(Self.family + "base/tokenizer.json", to: folder("nan/tokenizer.json"))
    let linear = try folder.write(
      "nan.yml",
      """
      merge_method: linear
      parameters: {weight: 1}
      models: [{model: ./nan}, {model: \(Self.family)base}]
      """)
    #expect(throws: (any Error).self) { try loader().load(linear) }
    // Merged and loaded it can be; that its answers are worth nothing is found when it is asked.
    let model = try loader(allowsNonFinite: true).load(linear).model
    #expect(throws: (any Error).self) { try likelihood(model) }
  }

  @Test func `the record of a batch and of an evaluation keeps the options`() throws {
    var record = ScoreRecord(models: [])
    #expect(!record.json.pretty.contains("options"))
    record.options = loader(seed: 7).options
    #expect(try ScoreRecord(json: JSONParser.parse(record.json.pretty)) == record)
    let prompts = try folder.write("p.jsonl", #"{"id": "1", "task": "t", "text": "the sum of three and four"}"# + "\n")
    let evaluator = Evaluator(prompts: try PromptLoading.load([prompts], limit: nil), options: .init())
    let run = try EvaluationRun(models: [spec], against: nil, evaluator: evaluator, provider: loader(seed: 7))
    #expect(run.run { _ in }.record.options == ["--seed 7"])
    let request = Batch.Request(specs: [spec], destination: folder("runs"))
    func batch(_ seed: UInt64?) throws -> [String] {
      var events: [String] = []
      let batch = try Batch(request, evaluator: evaluator, provider: loader(seed: seed))
      let record = try batch.run { _ in }
      events += record.options
      return events + [try Files.text(folder("runs/dare/model/merge.yml"))]
    }
    let (first, second) = (try batch(7), try batch(8))
    #expect(first[0] == "--seed 7" && second[0] == "--seed 8")
    #expect(first[1].contains("seed: 7") && second[1].contains("seed: 8"))
    #expect(try Files.text(folder("runs/leaderboard.json")).contains(#"["--seed 8"]"#))
  }
}
