import Batches
import BraidTesting
import Documents
import Evaluation
import LanguageModels
import Merging
import Testing

/// The real models of the family: every number that the family's README and its oracles state.
struct FamilyScoresTests {
  private static let folder = Fixture.path("families/a/")
  private static let tasks = ["sums", "sort", "facts", "plural", "chat", "factchat", "text"]

  /// The table in the family's README, in the order of `tasks`.
  private static let table: [(model: String, scores: [Double])] = [
    ("base", [0.305, 0.755, 0.383, 0.705, 0.980, 0.000, 0.136]),
    ("expert-sums", [1.000, 0.525, 0.400, 0.715, 0.885, 0.000, 0.159]),
    ("expert-sort", [0.220, 1.000, 0.417, 0.795, 0.440, 0.000, 0.356]),
    ("expert-facts", [0.295, 0.545, 0.967, 0.670, 0.810, 0.275, 0.146]),
    ("expert-plural", [0.260, 0.585, 0.425, 1.000, 0.870, 0.000, 0.358]),
  ]

  private func answers(
    _ model: String, _ prompts: PromptSet, options: Evaluator.Options = .init()
  ) throws -> [Answer] {
    let loader = ModelLoader(resources: MergeResources(threads: 2), precision: .float32)
    return try Evaluator(prompts: prompts, options: options).answers(of: loader.load(Self.folder + model).model)
  }

  private func prompts(_ tasks: [String]) throws -> PromptSet {
    try PromptLoading.load(tasks.map { Self.folder + "prompts/\($0).heldout.jsonl" })
  }

  @Test(arguments: [0, 1, 2, 3, 4])
  func `scores are those of the family's table, answers those of its oracle`(row: Int) throws {
    let (model, expected) = Self.table[row]
    let prompts = try prompts(Self.tasks)
    let answers = try answers(model, prompts)
    let scores = Scoring(prompts: prompts).scores(of: model, answers: answers)
    for (task, value) in zip(scores.tasks, expected) {
      let score = try #require(task.metrics.first?.score.value)
      // The table has three decimals; accuracies are exact fractions.
      #expect(abs(score - value) < 0.00051, "\(task.task): \(score), not \(value)")
    }
    try compare(answers, prompts, with: "oracle/\(model).jsonl")
  }

  /// Compares answers with the oracle's, prompt by prompt: log-likelihoods within 1e-3 nats, texts exactly.
  private func compare(_ answers: [Answer], _ prompts: PromptSet, with name: String) throws {
    var byId: [String: Answer] = [:]
    for (prompt, answer) in zip(prompts.prompts, answers) { byId[prompt.id] = answer }
    var compared = 0
    for line in try Files.bytes(Self.folder + name).split(separator: 0x0A) {
      let node = try JSONParser.parse(Array(line))
      guard let id = node["id"]?.string, let answer = byId[id] else { continue }
      compared += 1
      switch answer.content {
      case .choices(let values):
        let expected = node["loglik"]?.array?.compactMap(\.double) ?? []
        #expect(expected.count == values.count)
        #expect(zip(values, expected).allSatisfy { abs($0 - $1) < 1e-3 }, "\(id)")
      case .text(let value, let tokens, let bytes):
        let expected = try #require(node["loglik"]?.double)
        #expect(abs(value - expected) < 1e-3 && tokens == node["tokens"]?.int && bytes == node["bytes"]?.int, "\(id)")
      case .generation(let text):
        #expect(text == node["text"]?.string && answer.isCutOff == (node["ended"]?.bool == false), "\(id)")
      case .responses: Issue.record("\(id) is no document of a task")
      }
    }
    #expect(compared == 640)
  }

  @Test func `the compatibility switch gives the harness's rolling log-likelihoods, long texts included`() throws {
    let prompts = try PromptLoading.load([
      Self.folder + "prompts/text.heldout.jsonl", Self.folder + "oracle/longtext.jsonl",
    ])
    let answers = try answers("expert-facts", prompts, options: .init(doublesBeginToken: true))
    var expected: [String: Double] = [:]
    for line in try Files.bytes(Self.folder + "oracle/expert-facts.jsonl").split(separator: 0x0A) {
      let node = try JSONParser.parse(Array(line))
      if let id = node["id"]?.string { expected[id] = node["loglik_lm_eval"]?.double }
    }
    var compared = 0
    for (prompt, answer) in zip(prompts.prompts, answers) {
      guard let value = expected[prompt.id], case .text(let logLikelihood, _, _) = answer.content else { continue }
      #expect(abs(logLikelihood - value) < 1e-3, "\(prompt.id): \(logLikelihood), not \(value)")
      compared += 1
    }
    #expect(compared == 104)
    let score = Scoring(prompts: prompts).scores(of: "m", answers: answers).tasks[0].metrics[0].score.value
    // What lm-evaluation-harness reports for the task.
    #expect(abs(score - 0.6075376963162091) < 1e-5)
  }
}
