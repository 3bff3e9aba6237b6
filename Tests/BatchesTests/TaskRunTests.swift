import Batches
import BraidTesting
import Documents
import Evaluation
import LanguageModels
import Merging
import Synchronization
import Tasks
import Testing

/// The fixture's tasks put to the family's base model: every response is the one that lm-evaluation-harness got.
struct TaskRunTests {
  private static let golden = Fixture.packageRoot + "/Tests/TasksTests/Goldens/harness.json"
  private let loader = ModelLoader(resources: MergeResources(threads: 2), precision: .float32)

  private func suite() throws -> TaskSuite {
    try TaskSuite(
      files: ["family_a", "stories", "endings", "sums", "sums_alone"].map { Fixture.path("tasks/\($0).yaml") })
  }

  @Test func `log-likelihoods are within a thousandth, generations are equal`() throws {
    let suite = try suite()
    let prompts = suite.prompts
    let answers = try Evaluator(prompts: prompts).answers(of: loader.load(Fixture.path("families/a/base")).model)
    let tasks = try #require(try JSONParser.parse(Files.bytes(Self.golden))["plain"]?["tasks"])
    var compared = 0
    var worst = 0.0
    for task in prompts.tasks {
      let samples = try #require(tasks[task.name]?["samples"]?.array)
      let filter = samples[0]["filter"]?.string
      for (place, sample) in zip(task.range, samples.filter { $0["filter"]?.string == filter }) {
        guard case .responses(let responses) = answers[place].content else { continue }
        let expected = try #require(sample["resps"]?.array)
        #expect(responses.count == expected.count)
        for (response, node) in zip(responses, expected) {
          compared += 1
          switch response {
          case .text(let text): #expect(text == node.string, "\(task.name) \(place)")
          case .likelihood(let value, let isGreedy):
            let pair = node.array
            let other = try #require(pair?[0].double ?? node.double)
            worst = max(worst, abs(value - other))
            // A text of several windows adds up their rounding.
            #expect(abs(value - other) < (pair == nil ? 5e-3 : 1e-3), "\(task.name) \(place): \(value), not \(other)")
            if let pair { #expect(isGreedy == pair[1].bool, "\(task.name) \(place)") }
          }
        }
      }
    }
    #expect(compared == 40 * 8 + 40 * 2 + 40 * 4 + 20 + 40 + 40 + 40)
    #expect(worst < 1e-3)
  }

  @Test func `a run sums up groups and writes what tools of the harness read`() throws {
    let folder = try TemporaryFolder()
    let suite = try TaskSuite(files: [Fixture.path("tasks/family_a.yaml")], options: .init(limit: 4))
    let run = try EvaluationRun(
      models: [Fixture.path("families/a/base")], against: nil, evaluator: Evaluator(prompts: suite.prompts),
      provider: loader, suite: suite)
    let outcome = run.run { _ in }
    #expect(outcome.record.failures.isEmpty)
    #expect(
      outcome.record.models[0].tasks.map(\.task)
        == ["plurals", "places", "plurals_first", "braid_family_a::braid_more", "braid_family_a"])
    let results = HarnessResults(
      suite, answers: outcome.answers[0].answers,
      run: .init(model: "models/base", start: 1_700_000_000.25, seconds: 2, precision: "float32", program: "braid"))
    let paths = try HarnessFolder.write(results, to: folder("out"), at: 1_700_000_000.25)
    #expect(
      paths.map { $0.replacing(folder("out") + "/", with: "") } == [
        "models__base/results_2023-11-14T22-13-20.250000.json",
        "models__base/samples_plurals_2023-11-14T22-13-20.250000.jsonl",
        "models__base/samples_places_2023-11-14T22-13-20.250000.jsonl",
        "models__base/samples_plurals_first_2023-11-14T22-13-20.250000.jsonl",
      ])
    let document = try JSONParser.parse(Files.bytes(paths[0]))
    #expect(
      document["results"]?["plurals"]?["acc,none"]?.double == outcome.record.models[0].tasks[0].metrics[0].score.value)
    #expect(document["groups"]?["braid_family_a"]?["alias"]?.string == "Family a")
    #expect(document["n-shot"]?["plurals_first"]?.int == 1)
    #expect(document["n-samples"]?["places"]?["original"]?.int == 40)
    let lines = try Files.text(paths[1]).split(separator: "\n")
    #expect(lines.count == 4)
    let first = try JSONParser.parse(Array(lines[0].utf8))
    #expect(first["doc_id"]?.int == 0 && first["target"]?.string == "3" && first["filter"]?.string == "none")
    #expect(first["arguments"]?["gen_args_0"]?["arg_1"]?.string == " nukokimok")
    #expect(first["resps"]?.array?.count == 8 && first["acc"]?.double != nil)
  }

  @Test func `a batch takes a task's answers from its last run`() throws {
    let folder = try TemporaryFolder()
    let suite = try TaskSuite(files: [Fixture.path("tasks/sums.yaml")], options: .init(limit: 3))
    let reused = Reused()
    for _ in 0..<2 {
      let batch = try Batch(
        .init(specs: [], models: [Fixture.path("families/a/base")], destination: folder("runs")),
        evaluator: Evaluator(prompts: suite.prompts), provider: loader, suite: suite)
      let record = try batch.run { event in if case .reused = event { reused.add() } }
      #expect(
        record.models[0].tasks[0].metrics.map(\.metric) == ["exact_match,strict-match", "exact_match,flexible-extract"])
    }
    #expect(reused.count == 1)
  }
}

/// Counts events from any thread.
private final class Reused: Sendable {
  private let value = Mutex(0)

  var count: Int { value.withLock { $0 } }

  func add() { value.withLock { $0 += 1 } }
}
