import LanguageModels
import Testing

/// Tokenizer files that are wrong or not understood are refused with the place.
struct TokenizerErrorTests {
  private static let vocabulary = #""vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]"#

  private func message(_ text: String) -> String {
    do {
      _ = try Tokenizer(Array(text.utf8))
      return "no error"
    } catch {
      return error.description
    }
  }

  @Test func `a small tokenizer works`() throws {
    let tokenizer = try Tokenizer(Array(#"{"model": {"type": "BPE", \#(Self.vocabulary)}}"#.utf8))
    #expect(try tokenizer.encode("abba", addingSpecialTokens: true) == [2, 1, 0])
    #expect(tokenizer.token("ab") == 2)
    #expect(tokenizer.token("c") == nil)
  }

  @Test(arguments: [
    (
      #"{"model": {"type": "Unigrams", "vocab": []}}"#,
      "model.type: unknown tokenizer model \"Unigrams\"; did you mean Unigram?"
    ),
    (
      #"{"model": {"type": "Unigram", "vocab": [["a", -1], ["b"]]}}"#,
      "model.vocab[1]: expected a piece and its score"
    ),
    (
      #"{"model": {"type": "Unigram", "vocab": [["a", 1e999]]}}"#,
      "model.vocab[0]: the score is no number that can be used"
    ),
    (
      #"{"model": {"type": "Unigram", "unk_id": 1, "vocab": [["a", -1]]}}"#,
      "model.unk_id: this token is not in the vocabulary"
    ),
    (#"{"model": {"type": "Unigram", "vocab": {"a": 0}}}"#, "model.vocab: expected an array, found an object"),
    (#"{"model": {"type": "WordPiece", "vocab": {"a": 0}}}"#, "model: the unknown token is not in the vocabulary"),
    (
      #"{"model": {"type": "WordPiece", "vocab": {"a": 1.5, "[UNK]": 1}}}"#,
      "model.vocab.a: expected a whole number, found 1.5"
    ),
    (
      #"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [["a"]]}}"#,
      "model.merges[0]: expected a pair of pieces"
    ),
    (
      #"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [7]}}"#,
      "model.merges[0]: expected a string, found a number"
    ),
    (
      #"{"model": {"type": "BPE", "vocab": {"a": 0 "b": 1}, "merges": []}}"#,
      "not valid JSON: expected ',' between entries"
    ),
    (
      #"{"model": {"type": "BPE", "vocab": {"\uD800": 0}, "merges": []}}"#,
      "not valid JSON: half of a surrogate pair stands alone"
    ),
    (
      #"{"normalizer": {"type": "Precompiled", "precompiled_charsmap": "AAAA"}, "model": {}}"#,
      "normalizer.precompiled_charsmap: the map of characters is damaged"
    ),
    (
      #"{"normalizer": {"type": "Precompiled", "precompiled_charsmap": "?"}, "model": {}}"#,
      "normalizer.precompiled_charsmap: expected base64"
    ),
    (#"{"model": {"vocab": {}}}"#, "model: the key \"type\" is missing"),
    (#"{}"#, "the key \"model\" is missing"),
    (#"[]"#, "expected an object, found an array"),
    (
      #"{"model": {"type": "BPE", "dropout": 0.1, \#(vocabulary)}}"#,
      "model.dropout: dropout would make the tokens random, so it is not supported"
    ),
    (
      #"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}}"#,
      "model.merges[0]: a piece of this merge, or its result, is not in the vocabulary"
    ),
    (
      #"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a b c"]}}"#,
      "model.merges[0]: expected two pieces with one space between them"
    ),
    (
      #"{"model": {"type": "BPE", "vocab": {"a": -1}, "merges": []}}"#,
      "model.vocab.a: -1 is out of range; expected 0 to 67108863"
    ),
    (
      #"{"model": {"type": "BPE", "unk_token": "<unk>", \#(vocabulary)}}"#,
      "model.unk_token: this token is not in the vocabulary"
    ),
    (
      #"{"pre_tokenizer": {"type": "Bytelevel"}, "model": {}}"#,
      "pre_tokenizer.type: unknown pre-tokenizer \"Bytelevel\"; did you mean ByteLevel?"
    ),
    (
      #"{"pre_tokenizer": {"type": "UnicodeScripts"}, "model": {}}"#,
      "known: BertPreTokenizer, ByteLevel, CharDelimiterSplit, Digits, FixedLength, Metaspace, Punctuation, Sequence, Split"
    ),
    (
      #"{"pre_tokenizer": {"type": "Metaspace", "replacement": "__"}, "model": {}}"#,
      "pre_tokenizer.replacement: expected a single character"
    ),
    (
      #"{"pre_tokenizer": {"type": "Metaspace", "prepend_scheme": "last"}, "model": {}}"#,
      "unknown prepend scheme \"last\""
    ),
    (
      #"{"pre_tokenizer": {"type": "Split", "pattern": {"Regex": "a("}, "behavior": "Isolated"}, "model": {}}"#,
      "pre_tokenizer.pattern.Regex: the pattern cannot be used: missing closing parenthesis (at offset 2)"
    ),
    (
      #"{"pre_tokenizer": {"type": "Split", "pattern": {"Regex": "[\\p{L}&&[^a]]"}, "behavior": "Isolated"}, "model": {}}"#,
      "the pattern cannot be used: the intersection of sets is not supported (at offset 6)"
    ),
    (
      #"{"pre_tokenizer": {"type": "Split", "pattern": {"Regex": "[a[bc]]"}, "behavior": "Isolated"}, "model": {}}"#,
      "the pattern cannot be used: a set within a set is not supported (at offset 2)"
    ),
    (
      #"{"pre_tokenizer": {"type": "Split", "pattern": {"String": "a"}, "behavior": "Isolate"}, "model": {}}"#,
      "unknown split behavior \"Isolate\"; did you mean Isolated?"
    ),
    (#"{"normalizer": {"type": "NFKCD"}, "model": {}}"#, "normalizer.type: unknown normalizer \"NFKCD\""),
    (#"{"decoder": {"type": "CTC"}, "model": {}}"#, "decoder.type: unknown decoder \"CTC\""),
    (
      #"{"added_tokens": [{"id": 3}], "model": {"type": "BPE", \#(vocabulary)}}"#,
      "added_tokens[0]: the key \"content\" is missing"
    ),
    (
      #"{"post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>"}}], "special_tokens": {}}, "model": {"type": "BPE", \#(vocabulary)}}"#,
      "this token is not among the template's special_tokens"
    ),
    (#"{"model": "#, "not valid JSON: the document ends where a value was expected"),
  ])
  func `what is wrong is named with its place`(text: String, expected: String) {
    let message = message(text)
    #expect(message.contains(expected), "\(message)")
    #expect(message.hasPrefix("tokenizer.json:1:"))
  }

  @Test func `of two ways of equal score the first one found counts`() throws {
    let tokenizer = try Tokenizer(
      Array(
        #"{"model": {"type": "Unigram", "unk_id": 0, "vocab": [["?", 0], ["a", -1.5e0], ["b", -25E-1], ["ab", -4]]}}"#
          .utf8))
    #expect(try tokenizer.encode("ab", addingSpecialTokens: false) == [3])
    #expect(try tokenizer.encode("abx", addingSpecialTokens: false) == [3, 0])
  }

  @Test func `a set that ends in a colon ends there`() throws {
    let pattern = #"[b:]\\s|[[:digit:]]\\w"#
    let tokenizer = try Tokenizer(
      Array(
        #"{"pre_tokenizer": {"type": "Split", "pattern": {"Regex": "\#(pattern)"}, "behavior": "Removed"}, "model": {"type": "BPE", \#(Self.vocabulary)}}"#
          .utf8))
    #expect(try tokenizer.encode("ab ab1bab", addingSpecialTokens: false) == [0, 2, 2])
  }

  @Test func `no text makes a tokenizer trap`() throws {
    let tokenizer = try Tokenizer(
      Array(#"{"pre_tokenizer": {"type": "ByteLevel"}, "model": {"type": "BPE", \#(Self.vocabulary)}}"#.utf8))
    for text in ["", "\0", "\u{10FFFF}", "a\u{301}", String(repeating: "\u{1F468}\u{200D}", count: 1000)] {
      _ = try tokenizer.encode(text, addingSpecialTokens: true)
    }
    #expect(tokenizer.decode([99, -1, 2], skippingSpecialTokens: true) == "ab")
  }
}
