import BraidTesting
import Documents
import LanguageModels
import Testing

/// Tokenizers made of SentencePiece models, against what the `tokenizers` library makes of texts with them.
struct MetaspaceTokenizerTests {
  @Test func `tokens and texts are those of the reference library, however spaces are kept`() throws {
    let original = try Files.bytes(Fixture.path("tokenizers/metaspace/tokenizer.json"))
    let texts = try JSONParser.parse(try Files.bytes(Fixture.path("tokenizers/texts.json"))).array ?? []
    let document = try Files.bytes(Fixture.path("tokenizers/metaspace/golden.json"))
    let golden = try JSONParser.parse(document)
    let numbers = try #require(golden["texts"]).integers
    let variants = try #require(golden["variants"]?.array)
    #expect(variants.compactMap { $0["name"]?.string } == ["llama", "first", "always", "gemma"])
    for variant in variants {
      let edits = (variant["edits"]?.object ?? []).map {
        ($0.key, String(decoding: document[$0.node.range], as: UTF8.self))
      }
      let tokenizer = try Tokenizer(try JSONEdit.setting(edits, in: original))
      let step = variant["step"]?.int ?? 1
      let name = variant["name"]?.string ?? ""
      for (number, expected) in zip(stride(from: 0, to: numbers.count, by: step), variant["golden"]?.array ?? []) {
        let text = try #require(texts[numbers[number]].string)
        let tokens = try #require(expected["ids"]).integers
        #expect(try tokenizer.encode(text, addingSpecialTokens: true) == tokens, "\(name): \(text.debugDescription)")
        let whole = expected["text"]?.string ?? ""
        #expect(
          Array(tokenizer.decode(tokens, skippingSpecialTokens: false).utf8) == Array(whole.utf8),
          "\(name): \(text.debugDescription)")
        #expect(
          Array(tokenizer.decode(tokens, skippingSpecialTokens: true).utf8)
            == Array((expected["visible"]?.string ?? whole).utf8), "\(name): \(text.debugDescription)")
      }
    }
  }

  @Test func `bytes that are no text become one replacement character each`() throws {
    let tokenizer = try Tokenizer(try Files.bytes(Fixture.path("tokenizers/metaspace/tokenizer.json")))
    func decode(_ spellings: [String]) -> String {
      tokenizer.decode(spellings.compactMap(tokenizer.token), skippingSpecialTokens: true)
    }
    #expect(decode(["<0xE2>", "<0x82>", "<0xAC>"]) == "€")
    #expect(decode(["<0xE2>", "<0x82>", "a", "<0xE2>"]) == "\u{FFFD}\u{FFFD}a\u{FFFD}")
  }

  @Test func `a vocabulary without a token for some byte falls back to the unknown token`() throws {
    let tokenizer = try Tokenizer(
      Array(
        #"""
        {"model": {"type": "BPE", "byte_fallback": true, "fuse_unk": true, "unk_token": "?", "merges": [],
         "vocab": {"?": 0, "a": 1, "<0xC3>": 2, "<0xA9>": 3}}}
        """#.utf8))
    // The reference library, too, puts the unknown token behind the bytes.
    #expect(try tokenizer.encode("aé", addingSpecialTokens: false) == [1, 2, 3])
    #expect(try tokenizer.encode("aßéßa", addingSpecialTokens: false) == [1, 2, 3, 0, 1])
    #expect(try tokenizer.encode("ßß", addingSpecialTokens: false) == [0])
  }
}
