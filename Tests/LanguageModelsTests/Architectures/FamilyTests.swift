import Documents
import LanguageModels
import Testing

/// Every family of models against what transformers computed in float32.
struct FamilyTests {
  static let families = [
    "gemma", "gemma2", "gemma3", "gpt2", "gpt_neox", "mistral", "mixtral", "olmo2", "phi3", "qwen2", "qwen3",
    "qwen3_moe",
  ]

  @Test(arguments: families)
  func `every kind of configuration gives the reference's numbers and uses every tensor`(family: String) throws {
    for sample in try FormulaModel.family(family) {
      let model = try sample.load()
      #expect(model.unusedTensors == (sample.golden["unused"]?.array ?? []).compactMap(\.string), "\(sample.kind)")
      let tokens = try #require(sample.golden["tokens"]).integers
      let expected = (sample.golden["logprobs"]?.array ?? []).compactMap(\.double)
      let last = (sample.golden["last"]?.array ?? []).compactMap(\.double)
      // Token after token, each behind all of those before it; then every token behind all of them.
      let requests =
        sample.kind.hasPrefix("longrope-")
        ? [] : (1..<tokens.count).map { ScoringRequest(context: Array(tokens[..<$0]), continuations: [[tokens[$0]]]) }
      let final = ScoringRequest(context: tokens, continuations: last.indices.map { [$0] })
      let scores = try model.score(requests + [final]) { _ in }
      for (mine, theirs) in zip(scores.dropLast(), expected) {
        #expect(abs(mine[0].logLikelihood - theirs) < 1e-4, "\(sample.kind)")
      }
      for (mine, theirs) in zip(try #require(scores.last), last) {
        #expect(abs(mine.logLikelihood - theirs) < 1e-4, "\(sample.kind)")
      }
      let whole = ScoringRequest(context: [tokens[0]], continuations: [Array(tokens.dropFirst())])
      let sum = try model.score([whole]) { _ in }[0][0].logLikelihood
      if sample.kind != "longrope-crossing" && !sample.kind.hasPrefix("longrope-") {
        #expect(abs(sum - expected.reduce(0, +)) < 1e-3, "\(sample.kind)")
      }
      let generated = try model.generate([GenerationRequest(prompt: tokens, maximumNewTokens: 10)]) { _ in }
      #expect(generated[0].tokens == sample.golden["generated"]?.integers, "\(sample.kind)")
    }
  }

  /// Texts of several lengths, some with choices.
  private func requests(_ tokens: [Int]) -> [ScoringRequest] {
    [
      ScoringRequest(context: [tokens[0]], continuations: [Array(tokens.dropFirst())]),
      ScoringRequest(
        context: Array(tokens.prefix(11)),
        continuations: [[3, 4, 5], [6], [7, 8, 9, 10, 11, 12], Array(tokens.suffix(4))]),
      ScoringRequest(context: Array(tokens.prefix(3)), continuations: [[1], [2, 3]]),
      ScoringRequest(context: tokens, continuations: [Array(tokens.reversed())]),
    ]
  }

  @Test(arguments: families)
  func `no score changes by a bit with the size of batches or the number of threads`(family: String) throws {
    for sample in try FormulaModel.family(family) {
      let requests = requests(try #require(sample.golden["tokens"]).integers)
      let prompts = requests.map { GenerationRequest(prompt: $0.context, maximumNewTokens: 6) }
      let reference = try sample.load(threads: 1)
      let (scores, texts) = (try reference.score(requests) { _ in }, try reference.generate(prompts) { _ in })
      for (threads, rows) in [(1, 1), (2, 7), (3, 64), (2, 1)] {
        let model = try sample.load(threads: threads, rowsPerBatch: rows)
        #expect(try model.score(requests) { _ in } == scores, "\(sample.kind), \(threads) threads, \(rows) rows")
        #expect(try model.score(requests.reversed()) { _ in } == scores.reversed(), "\(sample.kind), \(rows) rows")
        #expect(try model.generate(prompts) { _ in } == texts, "\(sample.kind), \(threads) threads, \(rows) rows")
      }
    }
  }

  @Test(arguments: families)
  func `bfloat16 stays close to float32`(family: String) throws {
    for sample in try FormulaModel.family(family) {
      let tokens = try #require(sample.golden["tokens"]).integers
      let request = ScoringRequest(context: [tokens[0]], continuations: [Array(tokens.dropFirst())])
      let exact = try sample.load().score([request]) { _ in }
      let rounded = try sample.load(precision: .bfloat16).score([request]) { _ in }
      // Nineteen tokens.
      #expect(abs(exact[0][0].logLikelihood - rounded[0][0].logLikelihood) < 1, "\(sample.kind)")
    }
  }
}
