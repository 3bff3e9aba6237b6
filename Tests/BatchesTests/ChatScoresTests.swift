import Batches
import BraidTesting
import Documents
import Evaluation
import LanguageModels
import Merging
import Testing

/// Prompts of the family put as conversations; `Goldens/make_chat.py` tells where the numbers are from.
struct ChatScoresTests {
  private static let folder = Fixture.path("families/a/")

  @Test func `choices behind a chat template score as lm-evaluation-harness scores them`() throws {
    let golden = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    let records = try #require(try JSONParser.parse(Files.text(golden + "/Goldens/chat.json")).array)
    let prompts = try PromptLoading.load([Self.folder + "prompts/facts.heldout.jsonl"], limit: 6)
    var loader = ModelLoader(resources: MergeResources(threads: 2), precision: .float32)
    loader.readsChatTemplates = true
    let model = try loader.load(Self.folder + "base").model
    for system in [nil, "Be right."] as [String?] {
      let chat = ChatOptions(system: system)
      let encoder = try PromptEncoder(for: model, chat: chat)
      let answers = try Evaluator(prompts: prompts, options: .init(chat: chat)).answers(of: model)
      let expected = records.filter { $0["system"]?.string == system }
      #expect(expected.count == 6)
      for (record, (prompt, answer)) in zip(expected, zip(prompts.prompts, answers)) {
        #expect(record["id"]?.string == prompt.id)
        guard case .choice(let query, _, _) = prompt.content, case .choices(let values) = answer.content else {
          Issue.record("\(prompt.id) is no multiple choice")
          continue
        }
        #expect(try encoder.context(for: query) == record["context"]?.string)
        for (value, other) in zip(values, record["loglikelihoods"]?.array ?? []) {
          #expect(abs(value - (other.double ?? 0)) < 1e-3)
        }
      }
    }
  }

  @Test func `a run notes the chat template, and a model without one fails by name`() throws {
    let prompts = try PromptLoading.load([Self.folder + "prompts/facts.heldout.jsonl"], limit: 2)
    let evaluator = Evaluator(prompts: prompts, options: .init(chat: ChatOptions(system: "S")))
    var loader = ModelLoader(resources: MergeResources(threads: 2), precision: .float32)
    loader.readsChatTemplates = true
    let run = try EvaluationRun(
      models: [Self.folder + "base"], against: nil, evaluator: evaluator, provider: loader)
    let record = run.run { _ in }.record
    #expect(record.options == ["--chat", "--system S"])
    #expect(record.models.first?.chatTemplate?.count == 16)
    loader.readsChatTemplates = false
    let without = try EvaluationRun(
      models: [Self.folder + "base"], against: nil, evaluator: evaluator, provider: loader)
    #expect(without.run { _ in }.record.failures.first?.message.contains("no chat template") == true)
  }
}
