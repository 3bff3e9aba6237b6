import Batches
import BraidTesting
import Checkpoints
import Documents
import LanguageModels
import Merging
import Testing

/// Merges of models with different vocabularies, as something that reads text.
@Suite struct MergedVocabularyTests {
  private static let models = Fixture.path("vocabularies/")
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func spec(_ weights: [(model: String, weight: Double)]) throws -> String {
    try folder.write(
      "spec.yml",
      "merge_method: linear\nbase_model: \(Self.models)base\nmodels:\n"
        + weights.map { "  - {model: \(Self.models)\($0.model), parameters: {weight: \($0.weight)}}\n" }.joined()
        + "tokenizer_source: union\n")
  }

  private let loader = ModelLoader(resources: MergeResources(threads: 2), precision: .float32)

  /// The spellings of a text's tokens, by the tokenizer that goes with a merge.
  private func spellings(_ spec: String) throws -> (String) throws -> [String] {
    let bytes = try #require(try OpenedMerge.open(spec).donor.folder.file(named: "tokenizer.json"))
    let root = try JSONParser.parse(bytes)
    var names: [Int: String] = [:]
    for member in root["model"]?["vocab"]?.object ?? [] { if let id = member.node.int { names[id] = member.key } }
    for token in root["added_tokens"]?.array ?? [] {
      if let id = token["id"]?.int { names[id] = token["content"]?.string }
    }
    let tokenizer = try Tokenizer(bytes)
    return { text in try tokenizer.encode(text, addingSpecialTokens: true).map { names[$0] ?? "?" } }
  }

  private func encodings(_ file: String, _ name: String) throws -> [(text: String, tokens: [String])] {
    let texts = try JSONParser.parse(try Files.bytes(Self.models + "golden.json"))["texts"]?.array ?? []
    let golden = try JSONParser.parse(try Files.bytes(Self.models + file))
    let tokens = try #require(golden["encodings"]?[name]?.array)
    #expect(texts.count == tokens.count && texts.count > 10)
    return zip(texts, tokens).map { ($0.string ?? "", $1.array?.compactMap(\.string) ?? []) }
  }

  @Test func `where a model's merges are the base's and more, everything is encoded as by that model`() throws {
    let encode = try spellings(try spec([("base", 1), ("longer", 1)]))
    for (text, tokens) in try encodings("golden.json", "longer") { #expect(try encode(text) == tokens, "\(text)") }
  }

  @Test func `a text without new tokens is encoded as by the base, letters of another model as by that model`() throws {
    let encode = try spellings(try spec([("base", 1), ("foreign", 1)]))
    let known = Set(
      try JSONParser.parse(try Files.bytes(Self.models + "base/tokenizer.json"))["model"]?["vocab"]?.object?.map(\.key)
        ?? [])
    var asBase = 0
    for (text, tokens) in try encodings("golden.json", "base") {
      let ours = try encode(text)
      guard ours.allSatisfy(known.contains) else { continue }
      #expect(ours == tokens, "\(text)")
      asBase += 1
    }
    #expect(asBase >= 5)
    let foreign = try encodings("golden.json", "foreign").filter {
      $0.text.unicodeScalars.allSatisfy { !$0.isASCII || $0 == " " }
    }
    for (text, tokens) in foreign where !text.isEmpty {
      #expect(try encode(text).dropFirst() == tokens[...], "\(text)")
    }
  }

  @Test func `the merged file means the same to the tokenizers library`() throws {
    let encode = try spellings(try spec([("base", 1), ("longer", 2), ("foreign", 1)]))
    for (text, tokens) in try encodings("merged.json", "union") { #expect(try encode(text) == tokens, "\(text)") }
  }

  @Test func `a merge with the weights of one model gives texts the likelihood that this model gives them`() throws {
    // The tokens are numbered as the base does it; the set of tokens is that of the other model.
    let merge = try spec([("base", 0), ("longer", 1)])
    let merged = try loader.load(merge).model
    let alone = try loader.load(Self.models + "longer").model
    try loader.merge(merge, into: folder("out")) { _, _ in }
    let written = try loader.load(folder("out")).model
    for text in ["the cat sat on the mat", " another train", "that is <|im_end|>"] {
      let expected = try likelihood(text, alone)
      let value = try likelihood(text, merged)
      #expect(abs(value - expected) < 1e-4 * abs(expected), "\(text): \(value), not \(expected)")
      #expect(try likelihood(text, written) == value)
    }
  }

  private func likelihood(_ text: String, _ model: any TextModel) throws -> Double {
    let tokens = try model.tokenizer.encode(text, addingSpecialTokens: true)
    let request = ScoringRequest(context: [tokens[0]], continuations: [Array(tokens.dropFirst())])
    return try #require(try model.score([request], progress: { _ in }).first?.first).logLikelihood
  }
}
