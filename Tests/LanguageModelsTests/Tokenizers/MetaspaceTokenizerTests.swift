import BraidTesting
import Checkpoints
import Documents
import LanguageModels
import Tensors
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

  @Test(arguments: [true, false])
  func `a tokenizer that went through a GGUF file makes the same tokens`(hasScores: Bool) throws {
    let source = Fixture.path("tokenizers/metaspace")
    let original = try Files.bytes(source + "/tokenizer.json")
    let files = TokenizerFiles(
      tokenizer: try JSONParser.parse(original),
      sentencePiece: hasScores ? try Files.bytes(source + "/tokenizer.model") : nil)
    let embedding = TensorDescription(name: "model.embed_tokens.weight", dtype: .float32, shape: [440, 1])
    let layout = try GGUFLayout.make(
      [embedding],
      configuration: try JSONParser.parse(
        """
        {"architectures": ["LlamaForCausalLM"], "hidden_size": 1, "intermediate_size": 1, "num_hidden_layers": 1,
         "num_attention_heads": 1, "max_position_embeddings": 8, "vocab_size": 440}
        """), tokenizer: files, form: .float32)
    let folder = try TemporaryFolder()
    let bytes = layout.shards[0].header + [UInt8](repeating: 0, count: embedding.byteCount)
    let model = try ModelFolder.open(try folder.write("model.gguf", bytes))
    let tokenizer = try Tokenizer(try #require(try model.file(named: "tokenizer.json")))
    let expected = try Tokenizer(original)
    let texts = try JSONParser.parse(try Files.bytes(Fixture.path("tokenizers/texts.json"))).array ?? []
    for text in texts.compactMap(\.string) {
      let tokens = try expected.encode(text, addingSpecialTokens: true)
      #expect(try tokenizer.encode(text, addingSpecialTokens: true) == tokens, "\(text.debugDescription)")
      #expect(
        tokenizer.decode(tokens, skippingSpecialTokens: false)
          == expected.decode(tokens, skippingSpecialTokens: false))
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

  @Test func `a merge over the beginning of a word is found in long texts, too`() throws {
    let tokenizer = try Tokenizer(
      Array(
        #"""
        {"normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
         "model": {"type": "BPE", "merges": ["▁ <", "▁< /", "> ▁</"],
         "vocab": {"▁": 0, "a": 1, "b": 2, ">": 3, "<": 4, "/": 5, "▁<": 6, "▁</": 7, ">▁</": 8}}}
        """#.utf8))
    let text = String(repeating: "a", count: 40) + "> </b </a a"
    let tokens = Array(repeating: 1, count: 40) + [8, 2, 7, 1, 0, 1]
    #expect(try tokenizer.encode(text, addingSpecialTokens: false) == tokens)
  }
}
