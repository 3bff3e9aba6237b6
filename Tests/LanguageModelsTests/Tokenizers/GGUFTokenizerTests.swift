import BraidTesting
import Checkpoints
import Documents
import LanguageModels
import Testing

/// Tokenizers and models that come out of GGUF files.
struct GGUFTokenizerTests {
  @Test(arguments: ["family-a", "llama3"])
  func `texts become the tokens that the original tokenizer makes of them`(name: String) throws {
    let model = try ModelFolder.open(Fixture.path("formats/gguf/vocabulary-\(name).gguf"))
    let tokenizer = try Tokenizer(try #require(try model.file(named: "tokenizer.json")))
    let texts = try JSONParser.parse(try Files.bytes(Fixture.path("tokenizers/texts.json"))).array ?? []
    let goldens = try JSONParser.parse(try Files.bytes(Fixture.path("tokenizers/\(name)/golden.json"))).array ?? []
    for (text, golden) in zip(texts.compactMap(\.string), goldens) {
      let tokens = try #require(golden["ids"]).integers
      #expect(try tokenizer.encode(text, addingSpecialTokens: true) == tokens, "\(text.debugDescription)")
      let plain = golden["plain"]?.integers ?? tokens
      #expect(try tokenizer.encode(text, addingSpecialTokens: false) == plain, "\(text.debugDescription)")
    }
  }

  @Test(arguments: ["bert-uncased", "bert-cased", "t5"])
  func `word pieces and Unigram models come out of GGUF files as they went in`(name: String) throws {
    let model = try ModelFolder.open(FamilyTokenizerTests.golden("gguf/\(name).gguf"))
    let tokenizer = try TokenizerSource { try model.file(named: $0) }.tokenizer(model: name)
    let texts = try FamilyTokenizerTests.texts()
    let goldens =
      try JSONParser.parse(try Files.bytes(FamilyTokenizerTests.golden("\(name)/golden.json"))).array ?? []
    try #require(texts.count == goldens.count)
    for (text, golden) in zip(texts, goldens) {
      let tokens = try #require(golden["ids"]).integers
      #expect(try tokenizer.encode(text, addingSpecialTokens: true) == tokens, "\(text.debugDescription)")
      let plain = golden["plain"]?.integers ?? tokens
      #expect(try tokenizer.encode(text, addingSpecialTokens: false) == plain, "\(text.debugDescription)")
    }
  }

  @Test(arguments: ["bert-cased", "t5"])
  func `changed bytes of such vocabularies never make them trap`(name: String) throws {
    let folder = try TemporaryFolder()
    let valid = try Files.bytes(FamilyTokenizerTests.golden("gguf/\(name).gguf"))
    var generator = SeededGenerator(seed: 31)
    for _ in 0..<300 {
      var bytes = valid
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] =
          [0, 1, 0x7F, 0x80, 0xE2, 255].randomElement(using: &generator) ?? 0
      }
      guard let model = try? ModelFolder.open(try folder.write("damaged.gguf", bytes)) else { continue }
      if let text = model.documents["tokenizer.json"] {
        #expect(throws: Never.self) { try JSONParser.parse(text) }
      }
      let tokenizer = try? TokenizerSource { try model.file(named: $0) }.tokenizer(model: name)
      _ = try? tokenizer?.encode("The boats, é 365", addingSpecialTokens: true)
    }
  }

  @Test func `an encoder in a GGUF file gives the vectors of the folder that it was made from`() throws {
    func load(_ path: String) throws -> EmbeddingModel {
      let folder = try ModelFolder.open(path)
      return try EmbeddingModel(name: "m", weights: folder.weights, threads: 1) { name in
        name == "config.json" ? folder.configurationFile?.bytes : try folder.file(named: name)
      }
    }
    let model = try load(FamilyTokenizerTests.golden("gguf/tiny-bert.gguf"))
    let original = try load(Fixture.path("embeddings/tiny"))
    #expect(model.unusedTensors.isEmpty && model.maximumLength == original.maximumLength)
    let tokens = try ["a green bird sings", "Rain on the old house, and snow."].map { text in
      let tokens = try model.tokenizer.encode(text, addingSpecialTokens: true)
      #expect(try original.tokenizer.encode(text, addingSpecialTokens: true) == tokens)
      return tokens
    }
    for (mine, theirs) in zip(try model.embed(tokens), try original.embed(tokens)) {
      // The file does not say that vectors are brought to length one.
      let length = mine.reduce(0) { $0 + $1 * $1 }.squareRoot()
      for (one, other) in zip(mine, theirs) { #expect(abs(one / length - other) < 1e-6) }
    }
  }

  @Test func `a Llama in a GGUF file gives the numbers of the checkpoint that it was made from`() throws {
    let folder = try ModelFolder.open(Fixture.path("formats/gguf/llama.gguf"))
    let tokenizer = try Files.bytes(Fixture.path("families/a/base/tokenizer.json"))
    let model = try LanguageModel(
      name: "model", weights: folder.weights, configuration: try #require(folder.configurationFile?.bytes),
      tokenizer: tokenizer, threads: 1)
    let original = try Models.load("architectures/llama/default", threads: 1)
    let request = ScoringRequest(context: [1, 50, 7], continuations: [[20, 21, 9, 88], [22, 3, 95]])
    let scores = try model.score([request]) { _ in }
    let expected = try original.score([request]) { _ in }
    #expect(scores[0].map(\.logLikelihood) == expected[0].map(\.logLikelihood))
    #expect(model.unusedTensors.isEmpty)
  }

  @Test func `rotary factors of a file stretch frequencies as the configuration that they came from`() throws {
    let rope = try ModelFolder.open(Fixture.path("formats/gguf/llama-rope.gguf"))
    let folder = try ModelFolder.open(Fixture.path("architectures/llama/llama3"))
    let model = try LanguageModel(
      name: "model", weights: folder.weights,
      configuration: JSONEdit.setting(
        [("tie_word_embeddings", "false")], in: try #require(rope.configurationFile?.bytes)),
      tokenizer: try Files.bytes(Fixture.path("families/a/base/tokenizer.json")), threads: 1)
    let request = ScoringRequest(context: Array(1...30), continuations: [[20, 21, 9, 88], [22, 3, 95]])
    let scores = try model.score([request]) { _ in }
    let expected = try Models.load("architectures/llama/llama3", threads: 1).score([request]) { _ in }
    for (score, other) in zip(scores[0], expected[0]) {
      #expect(abs(score.logLikelihood - other.logLikelihood) < 1e-4)
    }
  }
}
