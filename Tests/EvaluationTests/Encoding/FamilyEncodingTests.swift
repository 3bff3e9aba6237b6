import BraidTesting
import Documents
import Evaluation
import LanguageModels
import Testing

/// The family's tokenizer and its oracle: which tokens are scored, of every prompt.
struct FamilyEncodingTests {
  @Test func `choices and texts have the oracle's tokens`() throws {
    let folder = Fixture.path("families/a/")
    let tokenizer = try Tokenizer(Files.bytes(folder + "base/tokenizer.json"))
    let begin = try #require(tokenizer.token("<s>"))
    let encoder = PromptEncoder(for: FakeModel(tokenizer: tokenizer, maximumLength: 128, prefixToken: begin))
    var expected: [String: JSONNode] = [:]
    for line in try Files.bytes(folder + "oracle/base.jsonl").split(separator: 0x0A) {
      let node = try JSONParser.parse(Array(line))
      expected[try #require(node["id"]?.string)] = node
    }
    let names = ["prompts/facts.heldout", "prompts/plural.heldout", "prompts/text.heldout", "oracle/longtext"]
    let files = try names.map { PromptFile(name: $0, bytes: try Files.bytes(folder + $0 + ".jsonl")) }
    for prompt in try PromptSet(files: files, limit: 100).prompts {
      let node = try #require(expected[prompt.id])
      #expect(node["bytes"] != nil)
      switch prompt.content {
      case .choice(let query, let choices, _):
        let pairs = try choices.map { try encoder.pair(context: query, continuation: $0) }
        #expect(pairs.map(\.continuation.count) == node["tokens"]?.array?.compactMap(\.int), "\(prompt.id)")
        #expect(pairs.allSatisfy { $0.context.first == begin && !$0.isTruncated && !$0.isReencoded })
      case .text(let text):
        let tokens = try #require(node["tokens"]?.int)
        let windows = try encoder.windows(of: text, doublingBeginToken: false)
        #expect(windows.reduce(0) { $0 + $1.continuation.count } == tokens)
        let doubled = try encoder.windows(of: text, doublingBeginToken: true)
        #expect(doubled.reduce(0) { $0 + $1.continuation.count } == tokens + 1)
        #expect(doubled[0].continuation[0] == begin)
      case .generation, .document: break
      }
    }
  }
}
