import BraidTesting
import Documents
import LanguageModels
import Testing

/// Tokenizers made of a `tokenizer.model`, against what SentencePiece itself makes of hard texts.
struct SentencePieceTokenizerTests {
  private static func golden(_ name: String) -> String { FamilyTokenizerTests.golden("sentencepiece/" + name) }

  private static func tokenizer(_ model: [UInt8], settings: String? = nil) throws -> Tokenizer {
    let files = ["tokenizer.model": model, "tokenizer_config.json": settings.map { Array($0.utf8) }]
    return try TokenizerSource { files[$0] ?? nil }.tokenizer(model: "model")
  }

  @Test(arguments: ["bpe", "bpe-bytes", "bpe-gemma", "unigram", "unigram-bytes"])
  func `tokens and texts are those of the reference library`(name: String) throws {
    let tokenizer = try Self.tokenizer(try Files.bytes(Self.golden(name + ".model")))
    let goldens = try JSONParser.parse(try Files.bytes(Self.golden(name + ".json"))).array ?? []
    try #require(goldens.count > 200)
    for golden in goldens {
      let text = try #require(golden["text"]?.string)
      let tokens = try #require(golden["ids"]).integers
      #expect(try tokenizer.encode(text, addingSpecialTokens: false) == tokens, "\(text.debugDescription)")
      // Unknown tokens are written by their name here, as transformers does it.
      guard !tokens.contains(0) else { continue }
      let decoded = tokenizer.decode(tokens, skippingSpecialTokens: false)
      let expected = golden["decoded"]?.string ?? ""
      #expect(
        Array(decoded.utf8) == Array(expected.utf8),
        "\(text.debugDescription) \(decoded.debugDescription) \(expected.debugDescription)")
    }
  }

  @Test func `special tokens are those of the settings`() throws {
    let model = try Files.bytes(Self.golden("bpe-bytes.model"))
    let plain = try Self.tokenizer(model)
    let tokens = try plain.encode("gulls", addingSpecialTokens: false)
    #expect(try plain.encode("gulls", addingSpecialTokens: true) == [1] + tokens)
    #expect(try plain.encode("<s>gulls</s>", addingSpecialTokens: false) == [1] + tokens + [2])
    let both = try Self.tokenizer(
      model,
      settings: #"""
        {"add_bos_token": false, "add_eos_token": true, "eos_token": {"content": "<|end|>"}, "legacy": false,
         "added_tokens_decoder": {"800": {"content": "<|end|>", "special": true}}}
        """#)
    #expect(both.token("<|end|>") == 800)
    #expect(try both.encode("gulls", addingSpecialTokens: true) == tokens + [800])
    // Text behind a special token has a space in front only for models of the old kind.
    let behind = try plain.encode("</s>gulls", addingSpecialTokens: false)
    #expect(behind == [2] + tokens)
    #expect(try both.encode("</s>gulls", addingSpecialTokens: false) != behind)
    #expect(try both.encode("gulls", addingSpecialTokens: false) == tokens)
  }

  @Test func `every broken model gets the message that was recorded for it`() throws {
    let folder = Fixture.path("formats/sentencepiece/broken")
    var report = ""
    for name in try Files.list(folder).sorted() where name.hasSuffix(".model") {
      do {
        _ = try Self.tokenizer(try Files.bytes(folder + "/" + name))
        report += "\(name): no error\n"
      } catch {
        report += "\(name): \(error)\n"
      }
    }
    try Golden.expect(report, at: "broken-models.txt")
  }

  @Test(arguments: ["tiny-bpe", "tiny-unigram"])
  func `a model that ends too early is refused, or is a smaller model if it ends between two pieces`(
    name: String
  ) throws {
    let model = try Files.bytes(Self.golden(name + ".model"))
    var refusals = 0
    for end in 0..<model.count {
      do {
        let tokenizer = try Self.tokenizer(Array(model[..<end]))
        _ = try? tokenizer.encode("the gulls", addingSpecialTokens: true)
      } catch {
        refusals += 1
      }
    }
    #expect(refusals > model.count * 8 / 10)
  }

  @Test(arguments: ["tiny-bpe", "tiny-unigram"])
  func `no damage to a model makes a tokenizer trap`(name: String) throws {
    var generator = SeededGenerator(seed: 3)
    let model = try Files.bytes(Self.golden(name + ".model"))
    for _ in 0..<15_000 {
      var damaged = model
      for _ in 0..<Int.random(in: 1...6, using: &generator) {
        let place = Int.random(in: 0..<damaged.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: damaged.remove(at: place)
        case 1: damaged.insert(UInt8.random(in: 0...255, using: &generator), at: place)
        default: damaged[place] = UInt8.random(in: 0...255, using: &generator)
        }
      }
      guard let tokenizer = try? Self.tokenizer(damaged) else { continue }
      let tokens = (try? tokenizer.encode("the gulls ﬁ é follow e\u{301} \u{A0}", addingSpecialTokens: true)) ?? []
      _ = tokenizer.decode(tokens, skippingSpecialTokens: false)
    }
  }

  @Test func `a folder without a tokenizer gets an error that lists what was looked for`() throws {
    do {
      _ = try TokenizerSource { _ in nil }.tokenizer(model: "folder")
      Issue.record("no error")
    } catch {
      #expect(
        "\(error)"
          == "folder: there is no tokenizer; looked for tokenizer.json, tokenizer.model, spiece.model, tekken.json, qwen.tiktoken, cl100k_base.tiktoken, o200k_base.tiktoken, "
          + "vocab.json with merges.txt, vocab.txt"
      )
    }
  }
}
