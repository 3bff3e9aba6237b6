import BraidTesting
import Documents
import Evaluation
import Testing

struct MetricTests {
  private func value(_ metric: any Metric, _ content: Prompt.Content, _ answer: Answer.Content) -> Double? {
    metric.observe(Answer(answer), to: Prompt(id: "1", task: "t", content: content)).map {
      metric.value(ofSums: $0.terms)
    }
  }

  @Test func `accuracy takes the first of equally likely choices`() {
    let prompt = Prompt.Content.choice(query: "q", choices: ["a", "b", "c"], gold: 1)
    #expect(value(Accuracy(), prompt, .choices([-2, -1, -1])) == 1)
    #expect(value(Accuracy(), prompt, .choices([-1, -1, -3])) == 0)
    #expect(value(Accuracy(), prompt, .generation("a")) == nil)
  }

  @Test func `normalised accuracy divides by scalars, not by bytes or characters`() {
    // Four scalars of two bytes, two characters: per scalar -1, per byte -0.5, per character -2.
    let accents = "e\u{301}o\u{308}"
    #expect(accents.count == 2 && accents.unicodeScalars.count == 4)
    let prompt = Prompt.Content.choice(query: "", choices: [accents, "x"], gold: 0)
    #expect(value(NormalizedAccuracy(), prompt, .choices([-4, -1.1])) == 1)
    #expect(value(NormalizedAccuracy(), prompt, .choices([-4, -0.9])) == 0)
  }

  @Test func `exact match strips blanks and nothing else`() {
    let prompt = Prompt.Content.generation(prompt: "", target: " caf\u{E9} ")
    #expect(value(ExactMatch(), prompt, .generation("\u{1F}caf\u{E9}\n\u{3000}")) == 1)
    #expect(value(ExactMatch(), prompt, .generation("Caf\u{E9}")) == 0)
    // Canonically equivalent, but other scalars.
    #expect(value(ExactMatch(), prompt, .generation("cafe\u{301}")) == 0)
    #expect(value(ExactMatch(), prompt, .generation("")) == 0)
  }

  @Test func `bits per byte and perplexity divide sums`() throws {
    let prompts = ["a", "b"].map { Prompt(id: $0, task: "t", content: .text($0)) }
    let answers = [
      Answer(.text(logLikelihood: -2, tokens: 3, bytes: 10)), Answer(.text(logLikelihood: -6, tokens: 1, bytes: 30)),
    ]
    let bits = zip(answers, prompts).compactMap { BitsPerByte().observe($0, to: $1) }
    #expect(BitsPerByte().summarize(bits).value == 0.2 / 0.693147180559945309417)
    let tokens = zip(answers, prompts).compactMap { Perplexity().observe($0, to: $1) }
    #expect(abs(Perplexity().summarize(tokens).value - 7.38905609893065) < 1e-14)
    #expect(Perplexity().summarize(tokens).count == 2)
  }

  @Test func `one prompt has no standard error`() {
    #expect(Accuracy().summarize([.mean(of: 1)]) == Score(value: 1, standardError: nil, count: 1))
  }

  @Test func `the catalogue is alphabetical, without doubles, and knows every metric of every kind`() {
    let names = MetricCatalog.all.map(\.card.name)
    #expect(names == ["acc", "acc_norm", "bits_per_byte", "exact_match", "perplexity"])
    for kind in PromptKind.ofLines {
      for metric in MetricCatalog.metrics(for: kind) { #expect(MetricCatalog.card(metric.card.name) == metric.card) }
    }
  }

  // MARK: Against lm-evaluation-harness

  /// The harness's samples of a task, with the answers that they record.
  private func samples(_ task: String) throws -> [(prompt: Prompt, answer: Answer, node: JSONNode)] {
    let path = Fixture.path("families/a/oracle/lm_eval/expert-facts.\(task).samples.jsonl")
    return try Files.bytes(path).split(separator: 0x0A).map { line in
      let node = try JSONParser.parse(Array(line))
      let text = Array(line)
      let document = try #require(node["doc"])
      let set = try PromptSet(files: [PromptFile(name: path, bytes: Array(text[document.range]))])
      let prompt = set.prompts[0]
      let responses = try #require(node["resps"]?.array)
      switch prompt.content {
      case .choice:
        let values = try responses.map { try #require($0.array?[0].array?[0].string.flatMap(Double.init)) }
        return (prompt, Answer(.choices(values)), node)
      case .generation:
        return (prompt, Answer(.generation(try #require(responses[0].array?[0].string))), node)
      case .text(let content):
        let value = try #require(responses[0].array?[0].string.flatMap(Double.init))
        return (prompt, Answer(.text(logLikelihood: value, tokens: 1, bytes: content.utf8.count)), node)
      case .document: return (prompt, Answer(.responses([])), node)
      }
    }
  }

  /// The harness's result of a task.
  private func result(_ task: String, _ name: String) throws -> Double {
    let path = Fixture.path("families/a/oracle/lm_eval/expert-facts.results.json")
    let root = try JSONParser.parse(Files.bytes(path))
    return try #require(root[task]?["results"]?["family_a_\(task)"]?["\(name),none"]?.double)
  }

  @Test(arguments: [("facts", "acc"), ("facts", "acc_norm"), ("sort", "exact_match")])
  func `every decision, mean and standard error is the harness's`(task: String, name: String) throws {
    let metric = try #require(MetricCatalog.all.first { $0.card.name == name })
    var observations: [Observation] = []
    for sample in try samples(task) {
      let observation = try #require(metric.observe(sample.answer, to: sample.prompt))
      #expect(sample.node[name]?.double == observation.terms[0], "\(sample.prompt.id)")
      observations.append(observation)
    }
    let score = metric.summarize(observations)
    #expect(score.value == (try result(task, name)))
    let error = try #require(score.standardError)
    #expect(abs(error - (try result(task, name + "_stderr"))) < 1e-14)
  }

  @Test func `bits per byte is the harness's`() throws {
    let observations = try samples("text").compactMap { BitsPerByte().observe($0.answer, to: $0.prompt) }
    #expect(observations.count == 138)
    #expect(abs(BitsPerByte().summarize(observations).value - (try result("text", "bits_per_byte"))) < 1e-12)
  }
}
