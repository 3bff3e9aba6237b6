import BraidTesting
import Documents
import LanguageModels
import Testing

/// Every text of `Fixtures/tokenizers/texts.json`, against what the `tokenizers` library made of it.
struct TokenizerGoldenTests {
  static let tokenizers = [
    ("family-a", "families/a/base/tokenizer.json"), ("gpt2", "tokenizers/gpt2/tokenizer.json"),
    ("llama3", "tokenizers/llama3/tokenizer.json"), ("odd", "tokenizers/odd/tokenizer.json"),
  ]

  @Test(arguments: tokenizers)
  func `tokens and texts are those of the reference library`(name: String, file: String) throws {
    let tokenizer = try Tokenizer(try Files.bytes(Fixture.path(file)))
    let texts = try JSONParser.parse(try Files.bytes(Fixture.path("tokenizers/texts.json"))).array ?? []
    let goldens = try JSONParser.parse(try Files.bytes(Fixture.path("tokenizers/\(name)/golden.json"))).array ?? []
    try #require(texts.count == goldens.count && texts.count > 100)
    for (text, golden) in zip(texts.compactMap(\.string), goldens) {
      let tokens = try #require(golden["ids"]).integers
      let plain = golden["plain"]?.integers ?? tokens
      let whole = golden["text"]?.string ?? ""
      let visible = golden["visible"]?.string ?? whole
      #expect(try tokenizer.encode(text, addingSpecialTokens: true) == tokens, "\(text.debugDescription)")
      #expect(try tokenizer.encode(text, addingSpecialTokens: false) == plain, "\(text.debugDescription)")
      #expect(
        Array(tokenizer.decode(tokens, skippingSpecialTokens: false).utf8) == Array(whole.utf8),
        "\(text.debugDescription)")
      #expect(
        Array(tokenizer.decode(tokens, skippingSpecialTokens: true).utf8) == Array(visible.utf8),
        "\(text.debugDescription)")
    }
  }

  @Test func `a word of a hundred thousand letters is encoded in reasonable time`() throws {
    let tokenizer = try Tokenizer(try Files.bytes(Fixture.path("tokenizers/gpt2/tokenizer.json")))
    let text = String(repeating: "the", count: 33_333)
    let tokens = try tokenizer.encode(text, addingSpecialTokens: false)
    #expect(tokenizer.decode(tokens, skippingSpecialTokens: false) == " " + text)
  }
}

extension JSONNode {
  /// The integers of an array.
  var integers: [Int] { (array ?? []).compactMap(\.int) }
}
