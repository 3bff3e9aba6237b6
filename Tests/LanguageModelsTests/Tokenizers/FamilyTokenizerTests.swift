import BraidTesting
import Documents
import LanguageModels
import Testing

/// Tokenizers as the families of the field have them, against what the `tokenizers` library makes of hard texts.
struct FamilyTokenizerTests {
  /// A file beside this one.
  static func golden(_ name: String) -> String {
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
      + "/Goldens/" + name
  }

  static func texts() throws -> [String] {
    let files = [Fixture.path("tokenizers/texts.json"), golden("more.json")]
    return try files.flatMap { try (JSONParser.parse(try Files.bytes($0)).array ?? []).compactMap(\.string) }
  }

  @Test(arguments: [
    "albert", "bert-cased", "bert-uncased", "neox", "o200k", "qwen2", "qwen3.5", "roberta", "smollm", "t5", "tekken",
    "unigram-bytes", "xlm-r",
  ])
  func `tokens and texts are those of the reference library`(name: String) throws {
    let tokenizer = try Tokenizer(try Files.bytes(Self.golden("\(name)/tokenizer.json")))
    let texts = try Self.texts()
    let goldens = try JSONParser.parse(try Files.bytes(Self.golden("\(name)/golden.json"))).array ?? []
    try #require(texts.count == goldens.count && texts.count > 300)
    for (text, golden) in zip(texts, goldens) {
      let tokens = try #require(golden["ids"]).integers
      let plain = golden["plain"]?.integers ?? tokens
      let whole = golden["text"]?.string ?? ""
      let visible = golden["visible"]?.string ?? whole
      #expect(try tokenizer.encode(text, addingSpecialTokens: true) == tokens, "\(text.debugDescription)")
      #expect(try tokenizer.encode(text, addingSpecialTokens: false) == plain, "\(text.debugDescription)")
      for (skips, expected) in [(false, whole), (true, visible)] {
        let decoded = tokenizer.decode(tokens, skippingSpecialTokens: skips)
        #expect(
          Array(decoded.utf8) == Array(expected.utf8),
          "\(text.debugDescription) \(decoded.debugDescription) \(expected.debugDescription)")
      }
    }
  }

  @Test(arguments: ["normalizers", "pre-tokenizers"])
  func `every step by itself does what the reference library does`(name: String) throws {
    let bytes = try Files.bytes(Self.golden(name + ".json"))
    let golden = try JSONParser.parse(bytes)
    let texts = (golden["texts"]?.array ?? []).compactMap(\.string)
    let parts = golden["parts"]?.array ?? []
    try #require(texts.count > 100 && parts.count > 10)
    for part in parts {
      let file = try #require(part["tokenizer"])
      let tokenizer = try Tokenizer(Array(bytes[file.range]))
      let step = try #require([file["normalizer"], file["pre_tokenizer"]].compactMap { $0 }.first { !$0.isNull })
      for (text, ids) in zip(texts, part["ids"]?.array ?? []) {
        #expect(
          try tokenizer.encode(text, addingSpecialTokens: false) == ids.integers,
          "\(String(decoding: bytes[step.range], as: UTF8.self)): \(text.debugDescription)")
      }
    }
  }

  @Test func `two texts become one sequence with the kind of each token`() throws {
    let tokenizer = try Tokenizer(try Files.bytes(Self.golden("bert-uncased/tokenizer.json")))
    let first = try tokenizer.encode("the boats", addingSpecialTokens: false)
    let second = try tokenizer.encode("come home", addingSpecialTokens: false)
    let pair = try tokenizer.encode("the boats", "come home")
    #expect(pair.tokens == [2] + first + [3] + second + [3])
    #expect(pair.types == Array(repeating: 0, count: first.count + 2) + Array(repeating: 1, count: second.count + 1))
    let roberta = try Tokenizer(try Files.bytes(Self.golden("roberta/tokenizer.json")))
    let ends = try roberta.encode("", "")
    #expect(ends.tokens == [2, 1, 1, 1])
    #expect(ends.types == [0, 0, 0, 0])
  }

  private static let gpt2 =
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"#

  @Test(arguments: ["neox", "o200k", "qwen2", "qwen3.5", "tekken", "smollm"])
  func `scanners find the words that regular expressions find`(name: String) throws {
    let known = try Files.bytes(Self.golden("\(name)/tokenizer.json"))
    let step = try #require(try JSONParser.parse(known)["pre_tokenizer"])
    // An expression in a group means the same, but is not recognised.
    let bytes = #"{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}"#
    let split = #"{"type":"Split","pattern":{"Regex":"(?:\#(Self.gpt2))"},"behavior":"Isolated","invert":false}"#
    let digits = #"{"type":"Digits","individual_digits":true}"#
    let unknown =
      switch name {
      case "neox": #"{"type":"Sequence","pretokenizers":[\#(split),\#(bytes)]}"#
      case "smollm": #"{"type":"Sequence","pretokenizers":[\#(digits),\#(split),\#(bytes)]}"#
      default:
        String(decoding: known[step.range], as: UTF8.self)
          .replacing(#""pattern":{"Regex":""#, with: #""pattern":{"Regex":"(?:"#)
          .replacing(#"|\\s+"},"behavior""#, with: #"|\\s+)"},"behavior""#)
      }
    try #require(unknown.contains("(?:"))
    let scanning = try Tokenizer(known)
    let matching = try Tokenizer(try JSONEdit.setting([("pre_tokenizer", unknown)], in: known))
    let pieces = [
      " ", "  ", "\n", "\r\n", "\t", "\u{A0}", "\u{3000}", "a", "the", "HTTP", "Ab", "é", "e\u{301}", "\u{301}",
      "\u{308}", "Ǆ", "ǅ", "ʰ", "ª", "中", "日本", "し", "ア", "한", "א", "م", "न", "ि", "ж", "Ж", "ß", "ſ", "1", "22",
      "٣", "½", "Ⅷ", "'", "'s", "'S", "'ll", "'Re", "'ſ", "’s", "!", "..", "/", "//", "-", "_", "😀", "👩\u{200D}", "🏽",
      "\0", "\u{200B}", "\u{FEFF}", "\u{10FFFF}", "\u{85}", "\u{2028}", "K", "$", "€", "\u{1F1E9}",
    ]
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<20_000 {
      let count = Int.random(in: 1...12, using: &generator)
      let text = (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
      let tokens = try scanning.encode(text, addingSpecialTokens: false)
      let expected = try matching.encode(text, addingSpecialTokens: false)
      #expect(tokens == expected, "\(text.debugDescription)")
      if tokens != expected { break }
    }
  }
}
