import BraidTesting
import Documents
import Evaluation
import Testing

/// Scores and comparisons against `Goldens/statistics.json`, which numpy and scipy made (`Goldens/statistics.py`).
struct ScoringTests {
  private func golden() throws -> JSONNode {
    let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/")
    return try JSONParser.parse(Files.bytes(folder + "/Goldens/statistics.json"))
  }

  /// The oracle's answers to the prompts of a task, and these prompts.
  private func oracle(_ model: String, _ task: String) throws -> (PromptSet, [Answer]) {
    let name = Fixture.path("families/a/prompts/\(task).heldout.jsonl")
    let prompts = try PromptSet(files: [PromptFile(name: name, bytes: try Files.bytes(name))], limit: 100)
    var answers: [Answer] = []
    for line in try Files.bytes(Fixture.path("families/a/oracle/\(model).jsonl")).split(separator: 0x0A) {
      let node = try JSONParser.parse(Array(line))
      guard node["task"]?.string == task else { continue }
      #expect(node["id"]?.string == prompts.prompts[answers.count].id)
      if let values = node["loglik"]?.array {
        answers.append(Answer(.choices(values.compactMap(\.double))))
      } else if let text = node["text"]?.string {
        answers.append(Answer(.generation(text)))
      } else {
        let value = try #require(node["loglik"]?.double)
        let tokens = try #require(node["tokens"]?.int)
        let bytes = try #require(node["bytes"]?.int)
        answers.append(Answer(.text(logLikelihood: value, tokens: tokens, bytes: bytes)))
      }
    }
    return (prompts, answers)
  }

  @Test func `scores, errors, differences, intervals and tests equal numpy's and scipy's`() throws {
    for expected in try #require(golden()["comparisons"]?.array) {
      let task = try #require(expected["task"]?.string)
      let (prompts, ours) = try oracle(try #require(expected["model"]?.string), task)
      let (_, theirs) = try oracle(try #require(expected["against"]?.string), task)
      let scores = Scoring(prompts: prompts).scores(of: "m", answers: ours, against: theirs)
      let metric = try #require(scores.tasks[0].metrics.first)
      #expect(metric.metric == expected["metric"]?.string)
      #expect(metric.score.count == expected["n"]?.int)
      func agrees(_ value: Double?, _ key: String, _ tolerance: Double = 1e-12) -> Bool {
        guard let value, let other = expected[key]?.double else { return false }
        return abs(value - other) <= tolerance * max(1, abs(other))
      }
      let difference = try #require(metric.difference)
      #expect(agrees(metric.score.value, "value"))
      #expect(agrees(metric.score.standardError, "stderr"))
      // The delta method agrees with the jackknife to first order.
      #expect(agrees(metric.score.standardError, "delta", 1e-6))
      #expect(agrees(difference.value, "difference"))
      #expect(agrees(difference.standardError, "difference_stderr"))
      #expect(agrees(difference.low, "low"))
      #expect(agrees(difference.high, "high"))
      if let wins = expected["wins"]?.int {
        let test = try #require(difference.mcNemar)
        #expect(test.wins == wins && test.losses == expected["losses"]?.int)
      } else {
        #expect(difference.mcNemar == nil)
      }
    }
  }

  @Test func `McNemar's test equals scipy's binomial test`() throws {
    for expected in try #require(golden()["mcnemar"]?.array) {
      let test = McNemar(wins: try #require(expected["wins"]?.int), losses: try #require(expected["losses"]?.int))
      let exact = try #require(expected["p"]?.double)
      let midP = try #require(expected["mid_p"]?.double)
      #expect(abs(test.exact - exact) <= 1e-11 * exact + 1e-300)
      #expect(abs(test.midP - midP) <= 1e-11 * midP + 1e-300)
    }
  }

  @Test func `a model against itself differs by nothing`() throws {
    let (prompts, answers) = try oracle("base", "facts")
    let scores = Scoring(prompts: prompts).scores(of: "m", answers: answers, against: answers)
    let difference = try #require(scores.mean?.difference)
    #expect(difference.value == 0 && difference.low == 0 && difference.high == 0 && difference.standardError == 0)
    #expect(scores.tasks[0].metrics[0].difference?.mcNemar?.midP == 1)
  }

  @Test func `turning a comparison round turns its signs round`() throws {
    let (prompts, ours) = try oracle("expert-sort", "text")
    let (_, theirs) = try oracle("base", "text")
    let there = try #require(
      Scoring(prompts: prompts).scores(of: "m", answers: ours, against: theirs).tasks[0].metrics[0].difference)
    let back = try #require(
      Scoring(prompts: prompts).scores(of: "m", answers: theirs, against: ours).tasks[0].metrics[0].difference)
    // The expert is worse at text: more bits, a positive difference.
    #expect(there.value > 0 && there.low > 0)
    #expect(back.value == -there.value && back.low == -there.high && back.high == -there.low)
  }

  @Test func `the mean takes accuracy tasks alike, whatever their size`() throws {
    let lines = [
      #"{"id":"1","task":"c","query":"q","choices":["a","b"],"gold":0}"#,
      #"{"id":"2","task":"c","query":"q","choices":["a","b"],"gold":0}"#,
      #"{"id":"1","task":"g","prompt":"q","target":"y"}"#,
      #"{"id":"1","task":"t","text":"q"}"#,
    ]
    let prompts = try PromptSet(files: [PromptFile(name: "p", bytes: Array(lines.joined(separator: "\n").utf8))])
    let answers = [
      Answer(.choices([-1, -2])), Answer(.choices([-2, -1])), Answer(.generation("y"), isCutOff: true),
      Answer(.text(logLikelihood: -1, tokens: 1, bytes: 1)),
    ]
    let scores = Scoring(prompts: prompts).scores(of: "m", answers: answers)
    #expect(scores.mean?.score.value == 0.75)
    #expect(scores.mean?.tasks == 2)
    #expect(scores.mean?.score.count == 3)
    // One prompt has no standard error, so the mean has none.
    #expect(scores.mean?.score.standardError == nil)
    #expect(scores.tasks.map(\.notes.cutOff) == [0, 1, 0])
  }
}
