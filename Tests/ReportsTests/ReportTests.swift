import BraidTesting
import Evaluation
import Reports
import Testing

struct ReportTests {
  /// Answers to a few prompts of each kind, so that scores and differences are those of the real scoring.
  private func record(against: String? = "base") throws -> ScoreRecord {
    var lines: [String] = []
    for task in ["sums", "sort", "chat"] {
      lines += (0..<40).map { #"{"id":"\#($0)","task":"\#(task)","prompt":"p","target":"y"}"# }
    }
    for task in ["facts", "plural"] {
      lines += (0..<30).map { #"{"id":"\#($0)","task":"\#(task)","query":"q","choices":["a","b"],"gold":0}"# }
    }
    lines += (0..<9).map { #"{"id":"\#($0)","task":"factchat","prompt":"p","target":"y"}"# }
    lines += (0..<20).map { #"{"id":"\#($0)","task":"text","text":"t"}"# }
    let prompts = try PromptSet(files: [PromptFile(name: "p", bytes: Array(lines.joined(separator: "\n").utf8))])
    // A model answers a prompt right when a fixed scatter of its number falls below its strength.
    func answers(strength: Double, cut: Int = 0) -> [Answer] {
      prompts.prompts.enumerated().map { index, prompt in
        let luck = Double((index * 7919) % 101) / 101
        let isRight = luck < strength
        switch prompt.content {
        case .choice: return Answer(.choices(isRight ? [-1, -2] : [-2, -1]))
        case .generation: return Answer(.generation(isRight ? " y" : "n"), isCutOff: index < cut)
        case .text: return Answer(.text(logLikelihood: -10 + 4 * strength - luck, tokens: 9, bytes: 40))
        case .document: return Answer(.responses([]))
        }
      }
    }
    let scoring = Scoring(prompts: prompts)
    let models = [("base", 0.5, 0), ("ties-density-half", 0.75, 0), ("linear", 0.6, 3), ("slerp", 0.6, 0)]
    return scoring.record(
      of: models.map { name, strength, cut in (name, answers(strength: strength, cut: cut)) }, against: against,
      failures: [ModelFailure(model: "broken", message: "layer 3: the logits are not finite")])
  }

  @Test(arguments: [ReportFormat.text, .md, .csv])
  func `a leaderboard looks as it should in every form`(format: ReportFormat) throws {
    try Golden.expect(
      Report(record(), showsTaskDifferences: format != .text).rendered(as: format), at: "leaderboard.\(format.rawValue)"
    )
  }

  @Test func `differences in each task follow the leaderboard on request`() throws {
    try Golden.expect(Report(record()).rendered(as: .text), at: "differences.text")
  }

  @Test func `a text table keeps to the width it is given`() throws {
    for width in [60, 80, 100, 140] {
      let text = Report(try record(), width: width).rendered(as: .text)
      for line in text.split(separator: "\n") { #expect(line.count <= width, "\(line)") }
    }
  }

  @Test func `a single model without a reference has no marks and no differences`() throws {
    var record = try record(against: nil)
    record.models = [record.models[0]]
    record.selection = nil
    record.failures = []
    let text = Report(record).rendered(as: .text)
    #expect(!text.contains("*") && !text.contains("difference") && !text.contains("p:"))
    #expect(!Report(record).rendered(as: .csv).contains("difference"))
  }

  @Test func `lower is better for bits per byte, and equals share the mark`() throws {
    let prompts = try PromptSet(files: [
      PromptFile(name: "p", bytes: Array(#"{"id":"1","task":"t","text":"x"}"#.utf8))
    ])
    let scoring = Scoring(prompts: prompts)
    let values = [("worse", -9.0), ("better", -3.0), ("same", -3.0)]
    let record = ScoreRecord(
      models: values.map { name, value in
        scoring.scores(of: name, answers: [Answer(.text(logLikelihood: value, tokens: 1, bytes: 1))])
      })
    #expect(
      Report(record).rendered(as: .md).hasPrefix(
        """
        | model<br>prompts | t↓<br>1 |
        | --- | ---: |
        | better | **4.328** |
        | same | **4.328** |
        | worse | 12.984 |

        """))
  }

  @Test func `names cannot steer the terminal or break a table`() {
    let score = MetricScore(metric: "acc", score: Score(value: 0.5, standardError: 0.1, count: 4))
    let record = ScoreRecord(models: [
      ModelScores(
        model: "a|b\u{1B}[2J\"c\",\n<script>", tasks: [TaskScores(task: "t", metrics: [score], notes: AnswerNotes())])
    ])
    #expect(!Report(record).rendered(as: .text).contains("\u{1B}"))
    #expect(Report(record).rendered(as: .md).contains("| a\\|b\u{FFFD}\\[2J\"c\",\u{FFFD}&lt;script&gt; |"))
    #expect(Report(record).rendered(as: .csv).contains("\"a|b\u{1B}[2J\"\"c\"\",\n<script>\",,,0.5,0.1\n"))
  }

  @Test func `a terminal gets bold and dim type on request`() throws {
    let text = Report(try record(), isStyled: true).rendered(as: .text)
    #expect(text.contains("\u{1B}[1m") && text.contains("\u{1B}[2m"))
    #expect(!Report(try record()).rendered(as: .text).contains("\u{1B}"))
  }

  @Test func `nothing but failures is a report too`() {
    let record = ScoreRecord(models: [], failures: [ModelFailure(model: "m", message: "broken")])
    #expect(Report(record).rendered(as: .text) == "failed: m: broken\n")
  }
}
