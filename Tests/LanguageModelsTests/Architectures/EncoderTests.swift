import BraidTesting
import Checkpoints
import Documents
import LanguageModels
import Testing

/// Embedding models against transformers in float32, with the steps of sentence-transformers behind it.
struct EncoderTests {
  private func load(
    _ sample: FormulaModel, threads: Int = 2, rowsPerBatch: Int? = nil, precision: Precision = .float32,
    replacing old: String = "", with new: String = "", files other: [String: String] = [:]
  ) throws -> EmbeddingModel {
    let configuration = old.isEmpty ? sample.configuration : try sample.configuration(replacing: old, with: new)
    let files = try #require(sample.golden["files"])
    return try EmbeddingModel(
      name: "m", weights: try sample.weights(), precision: precision, threads: threads, rowsPerBatch: rowsPerBatch
    ) { name in
      if let text = other[name] { return Array(text.utf8) }
      switch name {
      case "config.json": return configuration
      case "tokenizer.json": return try Files.bytes(Fixture.path("families/a/base/tokenizer.json"))
      default: return files[name]?.string.map { Array($0.utf8) }
      }
    }
  }

  private func texts(_ sample: FormulaModel) throws -> [[Int]] {
    (try #require(sample.golden["texts"]?.array)).map(\.integers)
  }

  @Test func `every kind of encoder and pooling gives the reference's vectors and uses every tensor`() throws {
    for sample in try FormulaModel.family("encoders") {
      let model = try load(sample)
      #expect(model.unusedTensors == (sample.golden["unused"]?.array ?? []).compactMap(\.string), "\(sample.kind)")
      let vectors = try model.embed(try texts(sample))
      for (mine, theirs) in zip(vectors, sample.golden["vectors"]?.array ?? []) {
        let theirs = (theirs.array ?? []).compactMap(\.double)
        try #require(mine.count == theirs.count && mine.count == model.width)
        for (one, other) in zip(mine, theirs) { #expect(abs(Double(one) - other) < 2e-5, "\(sample.kind)") }
      }
    }
  }

  @Test func `no vector changes by a bit with the size of batches or the number of threads`() throws {
    for sample in try FormulaModel.family("encoders") {
      let texts = try texts(sample)
      let reference = try load(sample, threads: 1).embed(texts)
      for (threads, rows) in [(1, 1), (2, 7), (3, 64)] {
        let model = try load(sample, threads: threads, rowsPerBatch: rows)
        #expect(try model.embed(texts) == reference, "\(sample.kind)")
        #expect(try model.embed(texts.reversed()) == reference.reversed(), "\(sample.kind)")
      }
    }
  }

  @Test func `bfloat16 stays close to float32`() throws {
    for sample in try FormulaModel.family("encoders") {
      let texts = try texts(sample)
      for (exact, rounded) in zip(
        try load(sample).embed(texts), try load(sample, precision: .bfloat16).embed(texts))
      {
        func product(_ a: [Float], _ b: [Float]) -> Double { zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) } }
        let cosine = product(exact, rounded) / (product(exact, exact) * product(rounded, rounded)).squareRoot()
        #expect(cosine > 0.999, "\(sample.kind)")
      }
    }
  }

  @Test func `the longest text is that of the positions or of the settings`() throws {
    let samples = try FormulaModel.family("encoders")
    #expect(try load(samples[0]).maximumLength == 32)
    #expect(try load(samples[2]).maximumLength == 40)
    // RoBERTa's positions begin behind that of the padding token.
    #expect(try load(samples[3]).maximumLength == 38)
  }

  @Test func `what cannot be computed is refused with its place`() throws {
    let sample = try FormulaModel.family("encoders")[0]
    func message(_ body: () throws -> Void) -> String {
      do {
        try body()
        return "no error"
      } catch {
        return "\(error)"
      }
    }
    #expect(
      message { _ = try load(sample, replacing: "\"model_type\": \"bert\"", with: "\"model_type\": \"mpnet\"") }
        .contains("model_type: unknown encoder \"mpnet\""))
    #expect(
      message {
        _ = try load(
          sample, replacing: "\"model_type\": \"bert\"",
          with: "\"model_type\": \"bert\", \"position_embedding_type\": \"relative_key\"")
      }.contains("only absolute positions are supported"))
    #expect(
      message {
        _ = try load(
          sample,
          files: [
            "modules.json": "[{\"type\": \"a.Transformer\", \"path\": \"\"}, {\"type\": \"a.Dense\", \"path\": \"x\"}]"
          ])
      }.contains("m/modules.json:1:50: error: [1].type: the module Dense cannot be computed as number 2"))
    #expect(
      message { _ = try load(sample, files: ["1_Pooling/config.json": "{\"pooling_mode\": \"middle\"}"]) }
        .contains("unknown pooling \"middle\""))
    #expect(
      message { _ = try load(sample, files: ["1_Pooling/config.json": "{\"pooling_mode_cls_token\": false}"]) }
        .contains("no pooling is switched on"))
    let model = try load(sample)
    #expect(message { _ = try model.embed([[2], []]) } == "m: text 2 is empty")
    #expect(message { _ = try model.embed([[61]]) } == "m: text 1 has the token 61, but the vocabulary has 61")
    #expect(
      message { _ = try model.embed([Array(repeating: 2, count: 33)]) }
        == "m: text 1 has 33 tokens, more than the 32 that the model can look at")
    #expect(try model.embed([]) == [])
  }

  // MARK: Modules with weights

  private static let dense =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    .joined(separator: "/") + "/Goldens/dense"

  /// The tiny model of Fixtures with other modules behind it.
  private func tiny(_ modules: String, replacing texts: [String: String] = [:]) throws -> EmbeddingModel {
    let folder = try ModelFolder.open(Fixture.path("embeddings/tiny"))
    return try EmbeddingModel(
      name: "m", weights: folder.weights, threads: 1,
      reading: { name in
        if let text = texts[name] { return Array(text.utf8) }
        if ["config.json", "vocab.txt", "tokenizer_config.json"].contains(name) { return try folder.file(named: name) }
        let path = "\(modules)/\(name)"
        return Files.exists(path) ? try Files.bytes(path) : nil
      }, modules: { name in try Checkpoint.open("\(modules)/\(name)") })
  }

  @Test(arguments: ["tanh", "chain", "residual", "plain"])
  func `linear maps behind the pooling give the vectors of sentence-transformers`(name: String) throws {
    let golden = try JSONParser.parse(try Files.bytes(Self.dense + "/vectors.json"))
    let model = try tiny(Self.dense + "/" + name)
    let texts = (golden["texts"]?.array ?? []).compactMap(\.string)
    let vectors = try model.embed(try texts.map { try model.tokenizer.encode($0, addingSpecialTokens: true) })
    let expected = (golden["models"]?[name]?.array ?? []).map { ($0.array ?? []).compactMap(\.double) }
    try #require(vectors.count == 3 && expected.count == 3 && expected[0].count == model.width)
    for (mine, theirs) in zip(vectors, expected) {
      for (one, other) in zip(mine, theirs) { #expect(abs(Double(one) - other) < 1e-5) }
    }
  }

  @Test func `a linear map that does not fit is refused with its place`() throws {
    func message(_ settings: String) -> String {
      do {
        _ = try tiny(Self.dense + "/tanh", replacing: ["2_Dense/config.json": settings])
        return "no error"
      } catch {
        return "\(error)"
      }
    }
    #expect(
      message(#"{"in_features": 16, "out_features": 11}"#).contains(
        "the tensor linear.weight is float32 [10, 16], the settings want floating-point numbers of shape [11, 16]"))
    #expect(
      message(#"{"in_features": 16, "out_features": 10, "activation_function": "os.system"}"#)
        .contains("m/2_Dense/config.json:1:64: error: activation_function: unknown activation \"os.system\""))
    #expect(
      message(#"{"in_features": 16, "out_features": 10, "module_input_name": "token_embeddings"}"#)
        .contains("only the vector of a text (sentence_embedding) can be mapped"))
    #expect(message(#"{"in_features": 0, "out_features": 10}"#).contains("0 is out of range"))
    let modules = try Files.text(Self.dense + "/tanh/modules.json")
    #expect(throws: (any Error).self) {
      _ = try tiny(
        Self.dense + "/tanh",
        replacing: ["modules.json": modules.split(separator: "2_Dense").joined(separator: "../tanh/2_Dense")])
    }
    // Of two maps the second one must take what the first one gives.
    let twice = try Files.text(Self.dense + "/plain/modules.json").split(separator: "3_Dense").joined(
      separator: "2_Dense")
    #expect {
      _ = try tiny(Self.dense + "/plain", replacing: ["modules.json": twice])
    } throws: { "\($0)".contains("a module Dense wants vectors of 16 elements, and those have 5") }
  }
}
