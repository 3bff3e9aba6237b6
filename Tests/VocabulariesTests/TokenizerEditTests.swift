import BraidTesting
import Documents
import Testing
import Vocabularies

@Suite struct TokenizerEditTests {
  private let base = Making.bpe(["a", "b", "ab"], merges: [("a", "b")], added: [("<s>", nil)])

  private func merged(_ models: [ModelVocabulary]) throws -> String {
    let output = try OutputVocabulary(models, base: 0, request: VocabularyRequest(source: .union))
    return String(decoding: try output.tokenizer(), as: UTF8.self)
  }

  @Test func `merges that lead to new tokens follow the base's, and every other byte stays`() throws {
    let other = Making.bpe(
      ["c", "b", "a", "bc", "abc", "ab", "x"],
      merges: [("b", "c"), ("a", "bc"), ("a", "b"), ("ab", "c"), ("x", "y")], added: [("<t>", nil)], asText: true)
    let text = try merged([try Making.model("a", base), try Making.model("b", other)])
    let expected =
      base
      .replacing("\"ab\": 2}", with: "\"ab\": 2, \"c\": 4, \"bc\": 5, \"abc\": 6, \"x\": 7, \"<s>\": 3, \"<t>\": 8}")
      .replacing("[[\"a\", \"b\"]]", with: "[[\"a\", \"b\"],[\"b\", \"c\"],[\"a\", \"bc\"],[\"ab\", \"c\"]]")
      .replacing(
        "\"normalized\": false}]",
        with: "\"normalized\": false},{\"id\": 8, \"content\": \"<t>\", \"single_word\": false, \"lstrip\": false, "
          + "\"rstrip\": false, \"normalized\": false, \"special\": true}]")
    #expect(text == expected)
  }

  @Test func `the older form of merges is kept, and files on many lines stay so`() throws {
    let pretty = """
      {
        "added_tokens": [],
        "model": {
          "type": "BPE",
          "vocab": {
            "a": 0,
            "b": 1
          },
          "merges": [
            "a a",
            "b b"
          ]
        }
      }
      """.replacing("\"b\": 1", with: "\"b\": 1,\n      \"aa\": 2,\n      \"bb\": 3")
    let other = Making.bpe(["a", "b", "ab"], merges: [("a", "b")])
    let text = try merged([try Making.model("a", pretty), try Making.model("b", other)])
    #expect(
      text
        == pretty.replacing("\"bb\": 3", with: "\"bb\": 3,\n      \"ab\": 4").replacing(
          "\"b b\"", with: "\"b b\",\n      \"a b\""))
  }

  @Test func `added tokens alone leave the vocabulary as it is`() throws {
    let other = Making.bpe(["a", "b", "ab"], merges: [("a", "b")], added: [("<s>", nil), ("<t>", nil)])
    let text = try merged([try Making.model("a", base), try Making.model("b", other)])
    let (old, new) = (try JSONParser.parse(base), try JSONParser.parse(text))
    #expect(try #require(old["model"]).isEquivalent(to: try #require(new["model"])))
    #expect(new["added_tokens"]?.array?.last?["id"]?.int == 4)
  }

  @Test func `tokens that look alike but are spelt differently stay two`() throws {
    let composed = Making.bpe(["a", "\u{E9}"])
    let decomposed = Making.bpe(["a", "e\u{301}"])
    let file = try Making.file(try merged([try Making.model("a", composed), try Making.model("b", decomposed)]))
    #expect(file.ordinary.count == 3)
  }

  @Test func `word pieces join the vocabulary`() throws {
    let models = [
      try Making.model("a", Making.wordPiece(["[UNK]", "a", "##b"])),
      try Making.model("b", Making.wordPiece(["[UNK]", "##c", "a"])),
    ]
    #expect(try merged(models).contains("\"##b\": 2, \"##c\": 3}"))
  }

  @Test func `pieces of a unigram model bring their scores, if their numbers can follow`() throws {
    let other = Making.unigram([("<unk>", "0.0"), ("x", "-2.5")])
    let models = [
      try Making.model("a", Making.unigram([("<unk>", "0.0"), ("a", "-1.25")])), try Making.model("b", other),
    ]
    #expect(try merged(models).contains("[\"a\", -1.25], [\"x\", -2.5]]"))
    let behind = Making.unigram([("<unk>", "0.0"), ("a", "-1.25")], added: [("<s>", 2)])
    #expect(throws: VocabularyError.self) { try merged([try Making.model("a", behind), models[1]]) }
  }

  @Test func `tokens of another kind of model become added tokens`() throws {
    let models = [try Making.model("a", base), try Making.model("b", Making.wordPiece(["[UNK]", "a", "##b"]))]
    let output = try OutputVocabulary(models, base: 0, request: VocabularyRequest(source: .union))
    let file = try Making.file(String(decoding: try output.tokenizer(), as: UTF8.self))
    #expect(file.added.map(\.text.text) == ["<s>", "[UNK]", "##b"])
    #expect(output.warnings.count == 1 && output.warnings[0].contains("2 of its tokens become added tokens"))
  }

  @Test func `the files beside the tokenizer are brought up to date`() throws {
    let other = Making.bpe(["a"], added: [("<s>", nil), ("<t>", nil)])
    let output = try OutputVocabulary(
      [try Making.model("a", base), try Making.model("b", other)], base: 0, request: VocabularyRequest(source: .union))
    let settings = "{\n  \"added_tokens_decoder\": {\n    \"3\": {\"content\": \"<s>\"}\n  },\n  \"x\": 1\n}\n"
    let text = try #require(try output.settings(Array(settings.utf8)))
    let root = try JSONParser.parse(text)
    #expect(root["added_tokens_decoder"]?["4"]?["content"]?.string == "<t>")
    #expect(root["added_tokens_decoder"]?["4"]?["special"]?.bool == true)
    #expect(String(decoding: text, as: UTF8.self).hasSuffix("},\n  \"x\": 1\n}\n"))
    #expect(try output.settings(Array("{\"x\": 1}".utf8)) == nil)
    let added = try #require(try output.addedTokens(Array("{\"<s>\": 3}".utf8)))
    #expect(String(decoding: added, as: UTF8.self) == "{\"<s>\": 3,\"<t>\": 4}")
    #expect(throws: VocabularyError.self) { try output.settings(Array("{".utf8)) }
  }

  @Test func `damaged tokenizers are refused or read, and never a crash`() throws {
    var random = SeededGenerator(seed: 4)
    let sound = Array(Making.bpe(["a", "b", "ab"], merges: [("a", "b")], added: [("<s>", nil), ("<t>", nil)]).utf8)
    for end in 0..<sound.count {
      #expect(throws: VocabularyError.self) { try TokenizerFile(Array(sound[..<end]), name: "t") }
    }
    var readable = 0
    for _ in 0..<20_000 {
      var bytes = sound
      for _ in 0...Int.random(in: 0...2, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 32...126, using: &random)
      }
      guard let file = try? TokenizerFile(bytes, name: "t") else { continue }
      readable += 1
      let models = [
        ModelVocabulary(name: "a", file: file, rowCount: 4),
        ModelVocabulary(name: "b", file: try Making.file(base), rowCount: 4),
      ]
      _ = try? OutputVocabulary(models, base: 0, request: VocabularyRequest(source: .union)).tokenizer()
    }
    #expect(readable > 1000)
  }

  @Test func `what is wrong with a tokenizer is said with its place`() throws {
    let cases = [
      "", "[]", "{\"model\": {}}", "{\"model\": {\"type\": \"Neural\", \"vocab\": {}}}",
      "{\"model\": {\"type\": \"BPE\"}}",
      "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": -1}, \"merges\": []}}",
      "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0, \"b\": 0}, \"merges\": []}}",
      "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": [\"a b c\"]}}",
      "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 99999999999}, \"merges\": []}}",
      "{\"model\": {\"type\": \"BPE\", \"vocab\": {}, \"merges\": [[1, 2]]}}",
      "{\"model\": {\"type\": \"Unigram\", \"vocab\": [[\"a\"]]}}",
      "{\"model\": {\"type\": \"BPE\", \"vocab\": {}, \"merges\": []}, \"added_tokens\": [{\"id\": 0}]}",
    ]
    let messages = cases.map { text -> String in
      do throws(VocabularyError) {
        _ = try TokenizerFile(Array(text.utf8), name: "tokenizer.json")
        return "fine"
      } catch {
        return "\(error)"
      }
    }
    try Golden.expect(messages.joined(separator: "\n") + "\n", at: "tokenizer-errors.txt")
  }
}
