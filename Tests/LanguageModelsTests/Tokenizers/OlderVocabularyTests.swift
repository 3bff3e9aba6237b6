import BraidTesting
import Documents
import LanguageModels
import Testing

/// Folders from before `tokenizer.json`: the same tokens come out of the older files.
struct OlderVocabularyTests {
  private func tokenizer(_ files: [String: String]) throws -> Tokenizer {
    try TokenizerSource { files[$0].map { Array($0.utf8) } }.tokenizer(model: "model")
  }

  private func message(_ files: [String: String]) -> String {
    do {
      _ = try tokenizer(files)
      return "no error"
    } catch {
      return "\(error)"
    }
  }

  /// The pieces of a tokenizer.json in the order of their numbers.
  private func pieces(_ name: String) throws -> [String] {
    let file = try JSONParser.parse(try Files.bytes(FamilyTokenizerTests.golden("\(name)/tokenizer.json")))
    let members = file["model"]?["vocab"]?.object ?? []
    return members.sorted { ($0.node.int ?? 0) < ($1.node.int ?? 0) }.map(\.key)
  }

  @Test(arguments: ["bert-cased", "bert-uncased"])
  func `a vocab.txt makes the tokens that the tokenizer.json makes`(name: String) throws {
    let tokenizer = try tokenizer([
      "vocab.txt": try pieces(name).joined(separator: "\n") + "\n",
      "tokenizer_config.json": #"{"do_lower_case": \#(name == "bert-uncased")}"#,
    ])
    let expected = try Tokenizer(try Files.bytes(FamilyTokenizerTests.golden("\(name)/tokenizer.json")))
    for text in try FamilyTokenizerTests.texts() {
      #expect(
        try tokenizer.encode(text, addingSpecialTokens: true) == expected.encode(text, addingSpecialTokens: true),
        "\(text.debugDescription)")
    }
  }

  @Test func `vocab.json with merges.txt makes the tokens that the tokenizer.json makes`() throws {
    let bytes = try Files.bytes(FamilyTokenizerTests.golden("roberta/tokenizer.json"))
    let model = try #require(try JSONParser.parse(bytes)["model"])
    let vocabulary = try #require(model["vocab"])
    let merges = (model["merges"]?.array ?? []).map { pair in
      (pair.array ?? []).compactMap(\.string).joined(separator: " ")
    }
    let tokenizer = try tokenizer([
      "vocab.json": String(decoding: bytes[vocabulary.range], as: UTF8.self),
      "merges.txt": "#version: 0.2\n" + merges.joined(separator: "\n") + "\n",
      "tokenizer_config.json": #"{"add_prefix_space": true, "tokenizer_class": "GPT2TokenizerFast"}"#,
      "added_tokens.json": #"{"<extra>": 900}"#,
    ])
    let expected = try Tokenizer(bytes)
    for text in try FamilyTokenizerTests.texts() where !text.contains("<mask>") {
      #expect(
        try tokenizer.encode(text, addingSpecialTokens: true) == expected.encode(text, addingSpecialTokens: false),
        "\(text.debugDescription)")
    }
    #expect(try tokenizer.encode("<extra>", addingSpecialTokens: false) == [900])
    #expect(tokenizer.decode([900], skippingSpecialTokens: true) == "<extra>")
  }

  @Test func `what is wrong is named with its file`() {
    #expect(message(["vocab.txt": "a\nb\n"]).hasPrefix("model/vocab.txt: error: expected the pieces [UNK], [CLS]"))
    #expect(
      message(["vocab.json": #"{"a": 0, "b": 1}"#, "merges.txt": "#version\na b\n"])
        .hasPrefix("model/merges.txt:2:1: error: expected two pieces with one space between them"))
    #expect(
      message([
        "vocab.json": #"{"a": 0}"#, "merges.txt": "",
        "tokenizer_config.json": #"{"tokenizer_class": "Qwen3Tokenizer"}"#,
      ]).contains("did you mean Qwen2Tokenizer?"))
    #expect(message(["vocab.json": "{}"]).contains("there is no tokenizer"))
  }
}
