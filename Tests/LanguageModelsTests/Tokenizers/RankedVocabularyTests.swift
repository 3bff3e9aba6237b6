import BraidTesting
import Documents
import LanguageModels
import Testing

/// Vocabularies of tiktoken's kind, and the families of `spiece.model`, against their own libraries.
struct RankedVocabularyTests {
  private func tokenizer(_ files: [String: [UInt8]]) throws -> Tokenizer {
    try TokenizerSource { files[$0] }.tokenizer(model: "model")
  }

  private func golden(_ name: String) throws -> [JSONNode] {
    try JSONParser.parse(try Files.bytes(FamilyTokenizerTests.golden(name))).array ?? []
  }

  @Test(arguments: [
    ("qwen", "qwen.tiktoken"), ("cl100k", "cl100k_base.tiktoken"), ("o200k", "o200k_base.tiktoken"),
    ("llama3", "tokenizer.model"),
  ])
  func `lines of ranks make the tokens that tiktoken makes`(family: String, file: String) throws {
    let tokenizer = try tokenizer([file: try Files.bytes(FamilyTokenizerTests.golden("ranked/tokens.tiktoken"))])
    let texts = try FamilyTokenizerTests.texts() + golden("ranked/texts.json").compactMap(\.string)
    let goldens = try golden("ranked/\(family).json")
    try #require(texts.count == goldens.count)
    for (text, ids) in zip(texts, goldens) {
      let tokens = try tokenizer.encode(text, addingSpecialTokens: false)
      #expect(tokens == ids.integers, "\(text.debugDescription)")
      #expect(tokenizer.decode(tokens, skippingSpecialTokens: false) == text, "\(text.debugDescription)")
    }
    let begin = family == "llama3" ? [600] : []
    #expect(
      try tokenizer.encode("hi", addingSpecialTokens: true)
        == begin + tokenizer.encode("hi", addingSpecialTokens: false))
  }

  @Test func `a tekken.json makes the tokens that Mistral's own library makes`() throws {
    let tokenizer = try tokenizer(["tekken.json": try Files.bytes(FamilyTokenizerTests.golden("ranked/tekken.json"))])
    for (text, ids) in zip(try FamilyTokenizerTests.texts(), try golden("ranked/tekken-ids.json"))
    where !["<s>", "</s>", "<unk>"].contains(where: { Array(text.utf8).contains(Array($0.utf8)) }) {
      #expect(try tokenizer.encode(text, addingSpecialTokens: true) == ids.integers, "\(text.debugDescription)")
    }
    // Special tokens are found in texts, as in the tokenizer.json that transformers makes of such a file.
    #expect(try tokenizer.encode("[INST]", addingSpecialTokens: false) == [3])
  }

  @Test(arguments: ["t5", "albert", "xlnet"])
  func `a spiece.model makes the tokens of its family`(family: String) throws {
    let names = ["t5": "T5Tokenizer", "albert": "AlbertTokenizerFast", "xlnet": "XLNetTokenizer"]
    let tokenizer = try tokenizer([
      "spiece.model": try Files.bytes(FamilyTokenizerTests.golden("families/spiece.model")),
      "tokenizer_config.json": Array(#"{"tokenizer_class": "\#(names[family] ?? "")"}"#.utf8),
    ])
    for entry in try golden("families/\(family).json") {
      let text = try #require(entry["text"]?.string)
      #expect(
        try tokenizer.encode(text, addingSpecialTokens: true) == entry["ids"]?.integers, "\(text.debugDescription)")
    }
  }

  @Test func `what is wrong with a file is said with its place`() throws {
    func message(_ files: [String: String]) -> String {
      do {
        _ = try tokenizer(files.mapValues { Array($0.utf8) })
        return "no error"
      } catch {
        return "\(error)"
      }
    }
    let lines = try Files.text(FamilyTokenizerTests.golden("ranked/tokens.tiktoken"))
    #expect(
      message(["qwen.tiktoken": "AA== 0\nAQ== 2\n"]).hasPrefix(
        "model/qwen.tiktoken:2:1: error: expected a token in base64, a space, and the rank 1"))
    #expect(message(["tokenizer.model": "AA== 0\n"]).contains("expected a token for every byte"))
    #expect(message(["qwen.tiktoken": lines + "!!!! 600\n"]).contains("the rank 600"))
    #expect(message(["tekken.json": #"{"config": {}}"#]).contains("the key \"default_vocab_size\" is missing"))
    #expect(
      message(["spiece.model": "", "tokenizer_config.json": #"{"tokenizer_class": "AlbertTokeniser"}"#])
        .contains("spiece.model"))
  }

  @Test func `changed bytes never make a vocabulary trap`() throws {
    var generator = SeededGenerator(seed: 29)
    for (name, file, rounds) in [
      ("qwen.tiktoken", "ranked/tokens.tiktoken", 300), ("tekken.json", "ranked/tekken.json", 150),
    ] {
      let valid = try Files.bytes(FamilyTokenizerTests.golden(file))
      for round in 0..<rounds {
        var bytes = valid
        if round % 3 == 0 { bytes.removeLast(Int.random(in: 1..<bytes.count, using: &generator)) }
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
          bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
        }
        guard let tokenizer = try? tokenizer([name: bytes]) else { continue }
        _ = try tokenizer.encode("the boats come home, 365 of them", addingSpecialTokens: true)
      }
    }
  }
}
