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
      #expect(abs(sum - expected.reduce(0, +)) < 1e-3, "\(sample.kind)")
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

  @Test(arguments: families, Precision.allCases)
  func `no score changes by a bit with the size of batches or the number of threads`(
    family: String, precision: Precision
  ) throws {
    for sample in try FormulaModel.family(family) {
      let requests = requests(try #require(sample.golden["tokens"]).integers)
      let prompts = requests.map { GenerationRequest(prompt: $0.context, maximumNewTokens: 6) }
      let reference = try sample.load(precision: precision, threads: 1)
      let (scores, texts) = (try reference.score(requests) { _ in }, try reference.generate(prompts) { _ in })
      for (threads, rows) in [(1, 1), (2, 7), (3, 64), (2, 1)] {
        let model = try sample.load(precision: precision, threads: threads, rowsPerBatch: rows)
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

  // MARK: Refusals

  @Test(arguments: [
    (
      "gemma2", "\"query_pre_attn_scalar\": 6", "\"query_pre_attn_scalar\": 0",
      "query_pre_attn_scalar: expected a number"
    ),
    ("gemma3", "\"full_attention\",", "\"odd_attention\",", "layer_types[1]: unknown layer type \"odd_attention\""),
    (
      "gemma", "\"use_bidirectional_attention\": null", "\"use_bidirectional_attention\": true",
      "both directions"
    ),
    ("gemma2", "\"gelu_pytorch_tanh\"", "\"mish\"", "hidden_activation: the activation \"mish\" is not supported"),
    ("gpt2", "\"n_head\": 3", "\"n_head\": 5", "hidden_size 24 cannot be divided into 5 heads"),
    ("gpt2", "\"add_cross_attention\": false", "\"add_cross_attention\": true", "attention to another model"),
    ("gpt2", "\"n_positions\": 40", "\"n_positions\": 1099511627776", "wpe.weight has shape [40, 24]"),
    ("gpt_neox", "0.25", "1e300", "cannot be turned in pairs"),
    ("gpt_neox", "0.25", "0.4", "a share of 0.4 of the 8 elements of a head cannot be turned in pairs"),
    ("mistral", "\"sliding_window\": 5", "\"sliding_window\": 0", "sliding_window: 0 is out of range"),
    ("mixtral", "\"num_experts_per_tok\": 2", "\"num_experts_per_tok\": 5", "num_experts_per_tok: 5 is out of range"),
    ("mixtral", "\"num_local_experts\": 4", "\"num_local_experts\": 5", "gate.weight has shape [4, 24]"),
    (
      "qwen3_moe", "\"mlp_only_layers\": []", "\"mlp_only_layers\": [\"a\"]",
      "mlp_only_layers[0]: expected a whole number"
    ),
    ("qwen3_moe", "\"decoder_sparse_step\": 1", "\"decoder_sparse_step\": 0", "decoder_sparse_step: 0 is out of range"),
  ])
  func `settings that cannot be computed are refused with their place`(
    family: String, old: String, new: String, expected: String
  ) throws {
    let sample = try FormulaModel.family(family)[0]
    let configuration = try sample.configuration(replacing: old, with: new)
    do {
      _ = try sample.load(configuration: configuration)
      Issue.record("no error for \(new)")
    } catch {
      #expect("\(error)".contains(expected), "\(error)")
    }
  }

  @Test func `a text that is longer than learned positions is refused`() throws {
    let model = try FormulaModel.family("gpt2")[0].load()
    let long = ScoringRequest(context: Array(repeating: 2, count: 40), continuations: [[1, 2]])
    #expect(throws: ModelError.self) { _ = try model.score([long]) { _ in } }
    let fitting = ScoringRequest(context: Array(repeating: 2, count: 40), continuations: [[1]])
    #expect(try model.score([fitting]) { _ in }.count == 1)
  }
}
