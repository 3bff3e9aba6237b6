import BraidTesting
import Documents
import LanguageModels
import Testing

/// Tiny random checkpoints against what transformers computed with them.
struct LlamaTests {
  static let kinds = [
    "default", "linear", "dynamic", "llama3", "yarn", "yarn-mscale", "longrope", "tied", "biases", "odd-sizes",
    "one-key-head", "mistral",
  ]

  @Test(arguments: kinds)
  func `every kind of configuration gives the reference's numbers`(kind: String) throws {
    let folder = "architectures/llama/\(kind)"
    let model = try Models.load(folder)
    let golden = try JSONParser.parse(try Files.bytes(Fixture.path("\(folder)/golden.json")))
    for part in [golden, try #require(golden["short"])] {
      let tokens = try #require(part["tokens"]).integers
      let expected = (part["logprobs"]?.array ?? []).compactMap(\.double)
      try #require(tokens.count == expected.count + 1)
      // One token after another, so that an error shows where; all at once, so that batches are used.
      let whole = ScoringRequest(context: [tokens[0]], continuations: [Array(tokens.dropFirst())])
      let score = try model.score([whole]) { _ in }
      #expect(abs(score[0][0].logLikelihood - expected.reduce(0, +)) < 1e-3)
      if kind != "dynamic" && kind != "longrope" {
        let single = try model.score(
          (1..<tokens.count).map { ScoringRequest(context: Array(tokens[..<$0]), continuations: [[tokens[$0]]]) }
        ) { _ in }
        for (mine, theirs) in zip(single, expected) { #expect(abs(mine[0].logLikelihood - theirs) < 1e-4) }
      }
      let generated = try model.generate([GenerationRequest(prompt: tokens, maximumNewTokens: 12)]) { _ in }
      let reference = try #require(part["generated"]).integers
      #expect(generated[0].tokens == reference.filter { $0 != 96 })
      #expect(generated[0].ended == (reference.last == 96))
    }
  }

  @Test func `choices are scored as if each stood alone when their positions are scaled differently`() throws {
    for kind in ["dynamic", "longrope"] {
      let model = try Models.load("architectures/llama/\(kind)")
      let context = Array(1...12)
      let continuations = [[20, 21], [22, 23, 24, 25, 26, 27, 28, 29], [30], [31, 32, 33, 34, 35, 36, 37, 38, 39]]
      let together = try model.score([ScoringRequest(context: context, continuations: continuations)]) { _ in }
      let alone = try model.score(continuations.map { ScoringRequest(context: context, continuations: [$0]) }) { _ in }
      for (one, other) in zip(together[0], alone) {
        #expect(abs(one.logLikelihood - other[0].logLikelihood) < 1e-4)
      }
    }
  }
}
