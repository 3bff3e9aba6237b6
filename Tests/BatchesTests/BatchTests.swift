import Batches
import BraidTesting
import Documents
import Evaluation
import Synchronization
import Testing

struct BatchTests {
  private let folder: TemporaryFolder
  private let provider: FakeProvider
  private let prompts: PromptSet

  init() throws {
    let folder = try TemporaryFolder()
    self.folder = folder
    provider = FakeProvider(
      read: { try? Files.text($0) },
      write: { path, text in _ = try? folder.write(String(path.dropFirst(folder.path.count + 1)), text) })
    prompts = try PromptSet(files: [
      PromptFile(
        name: "p",
        bytes: Array(
          #"""
          {"id":"1","task":"g","prompt":"q","target":"yes"}
          {"id":"2","task":"g","prompt":"q","target":"no"}
          {"id":"1","task":"c","query":"q","choices":["yyy","nnn"],"gold":0}
          {"id":"1","task":"t","text":"yes"}
          """#.utf8))
    ])
    try folder.write("s/yes.yml", "yes")
    try folder.write("s/no.yml", "no")
    try folder.write("base", "maybe")
  }

  private func batch(
    _ specs: [String], against: String? = "base", models: [String] = [], isInMemory: Bool = false,
    options: Evaluator.Options = .init()
  ) throws -> Batch {
    try Batch(
      Batch.Request(
        specs: specs.map { folder($0) }, models: models.map { folder($0) }, against: against.map { folder($0) },
        destination: folder("runs"), isInMemory: isInMemory),
      evaluator: Evaluator(prompts: prompts, options: options), provider: provider)
  }

  @Test func `merges, scores and writes everything that was promised`() throws {
    let record = try batch(["s/yes.yml", "s/no.yml"]).run { _ in }
    #expect(record.models.map(\.model) == ["base", "yes", "no"])
    #expect(record.against == "base" && record.failures.isEmpty)
    #expect(record.models.map { $0.tasks[0].metrics[0].score.value } == [0, 0.5, 0.5])
    #expect(record.models[1].tasks[0].metrics[0].difference?.value == 0.5)
    #expect(
      provider.happenings() == [
        "load \(folder.path.split(separator: "/").last ?? "")/base", "merge yes.yml", "load yes/model", "merge no.yml",
        "load no/model",
      ])
    #expect(
      try Files.list(folder("runs")) == [
        "base/samples.jsonl", "base/scores.json", "leaderboard.csv", "leaderboard.json", "leaderboard.md",
        "no/merge.json", "no/model/answer", "no/samples.jsonl", "no/scores.json", "samples.jsonl", "yes/merge.json",
        "yes/model/answer", "yes/samples.jsonl", "yes/scores.json",
      ])
    let samples = try Files.text(folder("runs/samples.jsonl")).split(separator: "\n")
    #expect(samples.count == 12)
    #expect(
      samples[4] == #"{"model": "yes", "task": "g", "id": "1", "generated": "yes", "metrics": {"exact_match": 1.0}}"#)
    #expect(try BatchRecord.read(folder("runs")) == record)
    let scores = try JSONParser.parse(Files.bytes(folder("runs/yes/scores.json")))
    #expect(scores["model"]?.string == "yes")
    #expect(scores["tasks"]?["g"]?["exact_match"]?["value"]?.double == 0.5)
  }

  @Test func `in memory no checkpoint is written`() throws {
    _ = try batch(["s/yes.yml"], isInMemory: true).run { _ in }
    #expect(provider.happenings().last == "load s/yes.yml")
    #expect(!(try Files.list(folder("runs")).contains { $0.contains("model") || $0.contains("merge") }))
  }

  @Test func `a second run does nothing and gives the same bytes`() throws {
    _ = try batch(["s/yes.yml", "s/no.yml"]).run { _ in }
    let names = try Files.list(folder("runs"))
    let before = try names.map { try Files.bytes(folder("runs/" + $0)) }
    _ = provider.happenings()
    let reused = Mutex<[String]>([])
    _ = try batch(["s/yes.yml", "s/no.yml"]).run { event in
      if case .reused(let model) = event { reused.withLock { $0.append(model) } }
    }
    #expect(provider.happenings() == [])
    #expect(reused.withLock { $0 } == ["base", "yes", "no"])
    #expect(try names.map { try Files.bytes(folder("runs/" + $0)) } == before)
  }

  @Test func `a changed spec is merged and scored again, the others are not`() throws {
    _ = try batch(["s/yes.yml", "s/no.yml"]).run { _ in }
    _ = provider.happenings()
    try folder.write("s/no.yml", "yes")
    let record = try batch(["s/yes.yml", "s/no.yml"]).run { _ in }
    #expect(provider.happenings() == ["merge no.yml", "load no/model"])
    #expect(record.models[2].tasks[1].metrics[0].score.value == 1)
  }

  @Test func `changed options are asked again but nothing is merged`() throws {
    _ = try batch(["s/yes.yml"]).run { _ in }
    _ = provider.happenings()
    _ = try batch(["s/yes.yml"], options: .init(maximumNewTokens: 2)).run { _ in }
    #expect(provider.happenings().count == 2)
    #expect(provider.happenings().allSatisfy { $0.hasPrefix("load") })
  }

  @Test(arguments: ["runs/yes/scores.json", "runs/yes/samples.jsonl"])
  func `missing and damaged records are made again`(name: String) throws {
    let record = try batch(["s/yes.yml"]).run { _ in }
    for damage in ["", "{", "null\n"] {
      try folder.write(name, damage)
      _ = provider.happenings()
      #expect(try batch(["s/yes.yml"]).run { _ in } == record)
      #expect(provider.happenings() == ["load yes/model"])
    }
  }

  @Test func `a broken spec is reported and does not stop the others`() throws {
    let said = Mutex<[String]>([])
    let record = try batch(["s/missing.yml", "s/yes.yml"]).run { event in
      if case .failed(let model, let message) = event { said.withLock { $0.append("\(model)|\(message)") } }
    }
    #expect(record.models.map(\.model) == ["base", "yes"])
    #expect(record.failures.map(\.model) == ["missing"])
    let path = folder("s/missing.yml")
    #expect(said.withLock { $0 } == ["missing|\(path):1:1: error: nothing to merge\n  here"])
    // A table has room for the first line only.
    #expect(try Files.text(folder("runs/leaderboard.md")).hasSuffix("error: nothing to merge\n"))
    #expect(try BatchRecord.read(folder("runs")).failures == record.failures)
  }

  @Test func `a model with broken weights is reported by name`() throws {
    try folder.write("s/nan.yml", "NaN")
    let record = try batch(["s/nan.yml", "s/yes.yml"]).run { _ in }
    #expect(
      record.failures == [
        ModelFailure(
          model: "nan", message: "prompt 1 of task c: the log-likelihood is nan; the model's weights are broken")
      ])
    #expect(record.models.map(\.model) == ["base", "yes"])
  }

  @Test func `without the model to compare with nothing is compared`() throws {
    let record = try batch(["s/yes.yml"], against: "gone").run { _ in }
    #expect(record.against == nil && record.models[0].mean?.difference == nil)
    #expect(record.failures.map(\.model) == ["gone"])
  }

  @Test func `the model to compare with may be one of the specs`() throws {
    let record = try batch(["s/yes.yml", "s/no.yml"], against: "s/no.yml", models: ["base"]).run { _ in }
    #expect(record.models.map(\.model) == ["yes", "no", "base"])
    #expect(record.against == "no")
    #expect(record.models.map { $0.mean?.difference != nil } == [true, false, true])
  }

  @Test func `remarks are passed on`() throws {
    try folder.write("s/odd.yml", "odd")
    let said = Mutex<[String]>([])
    _ = try batch(["s/odd.yml"]).run { event in
      if case .remark(let model, let text) = event { said.withLock { $0.append("\(model): \(text)") } }
    }
    #expect(said.withLock { $0 } == ["odd: an odd model"])
  }

  @Test func `a folder without results is no batch`() {
    let nowhere = folder("nowhere")
    #expect(
      throws: RequestError(message: "\(nowhere) holds no results of a batch: there is no \(nowhere)/leaderboard.json")
    ) {
      try BatchRecord.read(nowhere)
    }
  }

  @Test func `a damaged record is refused with its place`() throws {
    try folder.write("runs/leaderboard.json", "{\"models\": 3}")
    #expect(
      throws: RequestError(message: "\(folder("runs"))/leaderboard.json: the record has no array \"models\"")
    ) { try BatchRecord.read(folder("runs")) }
  }

  @Test func `what makes no sense is refused before the work, all of it`() throws {
    let (specs, base) = (folder("s"), folder("bas"))
    #expect(
      throws: RequestError(
        message: """
          \(specs)/*.yml: no file matches this pattern
          error: \(specs)/no: there is no such spec
          \(base):1:1: error: nothing to merge
            here
          """)
    ) { try batch(["s/*.yml", "s/no", "s/yes.yml"], against: "bas").check() }
    let run = try EvaluationRun(
      models: [folder("s/yes.yml"), folder("gone")], against: nil, evaluator: Evaluator(prompts: prompts),
      provider: provider)
    #expect(throws: RequestError.self) { try run.check() }
    #expect(provider.happenings() == [])
  }

  @Test func `an evaluation run asks each model and compares`() throws {
    let run = try EvaluationRun(
      models: [folder("s/yes.yml"), folder("s/gone")], against: folder("base"),
      evaluator: Evaluator(prompts: prompts), provider: provider)
    let outcome = run.run { _ in }
    #expect(outcome.record.models.map(\.model) == ["base", "yes"])
    #expect(outcome.record.failures.map(\.model) == ["gone"])
    #expect(outcome.samples.count == 8)
  }

  @Test func `a model that is given twice is refused`() throws {
    let base = folder("base")
    try folder.write("x/keep", "")
    let again = folder("x/../base")
    #expect(throws: RequestError(message: "\(again) is given twice, first as \(base)")) {
      try EvaluationRun(
        models: [base, again], against: nil, evaluator: Evaluator(prompts: prompts), provider: provider)
    }
  }
}
