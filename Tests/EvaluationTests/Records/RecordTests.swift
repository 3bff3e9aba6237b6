import Documents
import Evaluation
import Testing

struct RecordTests {
  private let choice = Prompt(id: "é\n1", task: "c", content: .choice(query: "q", choices: ["aa", "b"], gold: 1))
  private let generation = Prompt(id: "1", task: "g", content: .generation(prompt: "q", target: "x"))
  private let text = Prompt(id: "1", task: "t", content: .text("xyz"))

  @Test func `samples have the fields that their kind calls for`() {
    #expect(
      SampleRecord(model: "m", prompt: choice, answer: Answer(.choices([-0.1, -1e-5]), isReencoded: true)).line
        == #"{"model": "m", "task": "c", "id": "é\n1", "loglikelihoods": [-0.1, -1e-05], "reencoded": true, "metrics": {"acc": 1.0, "acc_norm": 1.0}}"#
    )
    #expect(
      SampleRecord(model: "m", prompt: generation, answer: Answer(.generation(" y"), isCutOff: true)).line
        == #"{"model": "m", "task": "g", "id": "1", "generated": " y", "cut_off": true, "metrics": {"exact_match": 0.0}}"#
    )
    let line = SampleRecord(
      model: "m", prompt: text, answer: Answer(.text(logLikelihood: -3, tokens: 2, bytes: 3), isTruncated: true)
    ).line
    #expect(
      line.hasPrefix(
        #"{"model": "m", "task": "t", "id": "1", "loglikelihood": -3.0, "tokens": 2, "bytes": 3, "truncated": true, "metrics": {"bits_per_byte": 1.44269"#
      ))
  }

  @Test func `samples read back to the last bit`() throws {
    let answers: [(Prompt, Answer)] = [
      (choice, Answer(.choices([-0.1 - 0.2, -1.0 / 3]), isTruncated: true)),
      (generation, Answer(.generation("a\u{0}\"\\\u{1F600}"), isCutOff: true)),
      (text, Answer(.text(logLikelihood: -123.0 / 7, tokens: 12, bytes: 3), isReencoded: true)),
    ]
    for (prompt, answer) in answers {
      let sample = SampleRecord(model: "m", prompt: prompt, answer: answer)
      #expect(try SampleRecord(line: Array(sample.line.utf8)) == sample)
    }
  }

  @Test(arguments: [
    ("{", "not a sample: byte 1: expected a key in quotes"),
    (#"{"model":"m","task":"t"}"#, #"a sample needs the keys "model", "task" and "id""#),
    (
      #"{"model":"m","task":"t","id":"1"}"#,
      #"a sample needs "loglikelihoods", "loglikelihood" with "tokens" and "bytes", or "generated""#
    ),
    (#"{"model":"m","task":"t","id":"1","loglikelihoods":[1,"x"]}"#, "a log-likelihood is not a number"),
  ])
  func `lines that are no samples are refused`(line: String, message: String) {
    #expect(throws: RecordError(message: message)) { try SampleRecord(line: Array(line.utf8)) }
  }

  @Test func `scores are written in the form that was promised, and read back`() throws {
    let prompts = try PromptSet(files: [
      PromptFile(
        name: "p",
        bytes: Array(
          #"""
          {"id":"1","task":"c","query":"q","choices":["a","b"],"gold":0}
          {"id":"2","task":"c","query":"q","choices":["a","b"],"gold":0}
          """#.utf8))
    ])
    let base = [Answer(.choices([-2, -1])), Answer(.choices([-2, -1]))]
    let other = [Answer(.choices([-1, -2])), Answer(.choices([-2, -1]), isTruncated: true)]
    let scoring = Scoring(prompts: prompts)
    let plain = ScoreRecord(models: [scoring.scores(of: "base", answers: base)])
    #expect(
      plain.json.line
        == #"{"models": [{"model": "base", "tasks": {"c": {"acc": {"value": 0.0, "stderr": 0.0, "n": 2}, "acc_norm": {"value": 0.0, "stderr": 0.0, "n": 2}}}, "mean": {"value": 0.0, "stderr": 0.0, "n": 2, "tasks": 1}}]}"#
    )
    let record = ScoreRecord(
      models: [scoring.scores(of: "other", answers: other, against: base)], against: "base",
      failures: [ModelFailure(model: "broken", message: "NaN")])
    let text = record.json.pretty
    #expect(try ScoreRecord(json: JSONParser.parse(text)) == record)
    #expect(
      record.json.line.contains(
        #""difference": {"value": 0.5, "stderr": 0.5, "low": 0.0, "high": 1.0, "mcnemar": {"wins": 1, "losses": 0, "p": 1.0, "mid_p": 0.5}, "detectable": 1.40"#
      ))
    #expect(record.json.line.contains(#""notes": {"c": {"truncated": 1, "cut_off": 0, "reencoded": 0}}"#))
    #expect(record.json.line.hasSuffix(#""against": "base", "failed": [{"model": "broken", "error": "NaN"}]}"#))
  }
}
