import BraidTesting
import Documents
import Evaluation
import Testing

/// Many models on the same prompts, against `Goldens/selection.json`, which numpy and scipy made (`Goldens/selection.py`).
struct SelectionTests {
  private func golden() throws -> JSONNode {
    let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/")
    return try JSONParser.parse(Files.bytes(folder + "/Goldens/selection.json"))
  }

  /// The oracle's answers of a model to the first prompts of some tasks.
  private func answers(_ model: String, _ tasks: [String], limit: Int) throws -> [Answer] {
    let lines = try Files.bytes(Fixture.path("families/a/oracle/\(model).jsonl")).split(separator: 0x0A)
    let nodes = try lines.map { try JSONParser.parse(Array($0)) }
    return tasks.flatMap { task in
      nodes.filter { $0["task"]?.string == task }.prefix(limit).map { node in
        if let values = node["loglik"]?.array { return Answer(.choices(values.compactMap(\.double))) }
        return Answer(.generation(node["text"]?.string ?? ""))
      }
    }
  }

  @Test func `corrected tests, optimism and detectable differences equal numpy's and scipy's`() throws {
    let golden = try golden()
    let tasks = try #require(golden["tasks"]?.array).compactMap(\.string)
    let limit = try #require(golden["limit"]?.int)
    let files = try tasks.map { task in
      let name = Fixture.path("families/a/prompts/\(task).heldout.jsonl")
      return PromptFile(name: name, bytes: try Files.bytes(name))
    }
    let prompts = try PromptSet(files: files, limit: limit)
    let expected = try #require(golden["models"]?.array)
    let names = expected.compactMap { $0["model"]?.string }
    let record = Scoring(prompts: prompts).record(
      of: try (["base"] + names).map { ($0, try answers($0, tasks, limit: limit)) }, against: "base", failures: [])
    func agrees(_ value: Double?, _ other: Double?) -> Bool {
      guard let value, let other else { return false }
      return abs(value - other) <= 1e-9 * max(1e-6, abs(other))
    }
    for (model, node) in zip(record.models.dropFirst(), expected) {
      let difference = try #require(model.mean?.difference)
      let test = try #require(difference.test)
      #expect(agrees(test.probability, node["p"]?.double), "\(model.model)")
      #expect(agrees(test.holm, node["holm"]?.double), "\(model.model)")
      #expect(agrees(test.maximum, node["max"]?.double), "\(model.model)")
      #expect(agrees(difference.detectable, node["detectable"]?.double), "\(model.model)")
    }
    let selection = try #require(record.selection)
    #expect(selection.candidates == names.count && selection.best == golden["best"]?.string && selection.task == nil)
    #expect(agrees(selection.optimism, golden["optimism"]?.double))
    #expect(agrees(selection.detectable, golden["detectable"]?.double))
    #expect(try ScoreRecord(json: JSONParser.parse(record.json.pretty)) == record)
  }

  @Test func `Holm's correction steps down, keeps the order and never exceeds one`() {
    #expect(HolmCorrection.adjusted([]) == [])
    #expect(HolmCorrection.adjusted([0.02]) == [0.02])
    let adjusted = HolmCorrection.adjusted([0.01, 0.04, 0.03, 0.005])
    for (value, expected) in zip(adjusted, [0.03, 0.06, 0.06, 0.02]) { #expect(abs(value - expected) < 1e-15) }
    #expect(HolmCorrection.adjusted([0.9, 0.8, 0.7]).allSatisfy { $0 == 1 })
  }

  @Test func `models that always answer alike are corrected like one model`() {
    let resampled = (0..<999).map { Double($0 - 499) / 500 }
    let alone = MaximumStatistic.adjusted([0.9], errors: [0.5], resampled: [resampled])
    let copies = MaximumStatistic.adjusted(
      [0.9, 0.9, 0.9], errors: [0.5, 0.5, 0.5], resampled: [resampled, resampled, resampled])
    #expect(copies == [alone[0], alone[0], alone[0]])
    // Holm's correction, which knows nothing of it, is three times as strict.
    #expect(HolmCorrection.adjusted([0.01, 0.01, 0.01]) == [0.03, 0.03, 0.03])
  }

  @Test func `a difference without spread is sure, and none at all is no difference`() {
    #expect(
      MaximumStatistic.adjusted([0.5, 0], errors: [0, nil], resampled: [[0.5, 0.5], [0, 0]]) == [0, 1])
  }

  @Test func `picking among equals is optimistic, a clear winner is not`() throws {
    // Two models that are never alike: whichever the resample favours is picked.
    let equals = try #require(SelectionBias.optimism([0.5, 0.5], resampled: [[0.6, 0.4], [0.4, 0.6]]))
    #expect(abs(equals - 0.1) < 1e-12)
    #expect(SelectionBias.optimism([0.9, 0.1], resampled: [[0.88, 0.92], [0.1, 0.1]]) == 0)
    #expect(SelectionBias.optimism([0.9], resampled: [[0.9]]) == nil)
  }

  @Test func `without an accuracy the first task decides, and lower bits are better`() throws {
    let lines = (0..<30).map { #"{"id":"\#($0)","task":"t","text":"x"}"# }
    let prompts = try PromptSet(files: [PromptFile(name: "p", bytes: Array(lines.joined(separator: "\n").utf8))])
    func answers(_ bits: Double) -> [Answer] {
      (0..<30).map { Answer(.text(logLikelihood: -bits - Double($0 % 7), tokens: 1, bytes: 1)) }
    }
    let record = Scoring(prompts: prompts).record(
      of: [("high", answers(9)), ("low", answers(1)), ("mid", answers(5))], against: nil, failures: [])
    let selection = try #require(record.selection)
    #expect(selection.best == "low" && selection.task == "t" && selection.candidates == 3)
    #expect(selection.detectable == nil)
    #expect(try ScoreRecord(json: JSONParser.parse(record.json.pretty)) == record)
  }
}
