import LanguageModels
import Testing

/// The family's models against transformers in float32.
struct OracleTests {
  static let models = ["base", "expert-sums", "expert-sort", "expert-facts", "expert-plural"]

  @Test(arguments: models)
  func `log-likelihoods agree within a thousandth of a nat`(name: String) throws {
    let model = try Models.load("families/a/\(name)")
    let oracle = try Oracle(name, tokenizer: model.tokenizer, prefix: try #require(model.prefixToken))
    try #require(oracle.choices.count >= 200 && oracle.texts.count >= 100)
    let scores = try model.score(oracle.choices.map(\.request)) { _ in }
    for (score, choice) in zip(scores, oracle.choices) {
      #expect(score.count == choice.expected.count)
      for (mine, theirs) in zip(score, choice.expected) {
        #expect(abs(mine.logLikelihood - theirs) < 1e-3, "\(choice.id)")
      }
      #expect(score.map(\.isGreedy) == choice.greedy, "\(choice.id)")
    }
    let texts = try model.score(oracle.texts.map(\.request)) { _ in }
    for (score, text) in zip(texts, oracle.texts) {
      #expect(abs(score[0].logLikelihood - text.expected) < 1e-3, "\(text.id)")
    }
  }

  @Test(arguments: models)
  func `greedy generations are the same token for token`(name: String) throws {
    let model = try Models.load("families/a/\(name)")
    let oracle = try Oracle(name, tokenizer: model.tokenizer, prefix: try #require(model.prefixToken))
    try #require(oracle.generations.count >= 300)
    let generated = try model.generate(oracle.generations.map(\.request)) { _ in }
    for (mine, theirs) in zip(generated, oracle.generations) {
      #expect(mine == theirs.expected, "\(theirs.id)")
    }
  }

  @Test func `the begin and end tokens and the length come from the model's files`() throws {
    let model = try Models.load("families/a/base")
    #expect(model.prefixToken == 0)
    #expect(model.endTokens == [1])
    #expect(model.maximumLength == 128)
    #expect(model.unusedTensors == [])
  }
}
