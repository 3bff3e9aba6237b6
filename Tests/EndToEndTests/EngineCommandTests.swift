import BraidTesting
import Checkpoints
import Documents
import LanguageModels
import Synchronization
import Testing

/// `braid eval --engine` as a user runs it, against a server of the same model.
struct EngineCommandTests {
  private let folder: TemporaryFolder
  private let base = Fixture.path("families/a/base")

  init() throws { folder = try TemporaryFolder() }

  private func braid(_ arguments: [String], key: String = "") throws -> BraidBinary.Result {
    try BraidBinary.run(
      arguments, environment: ["NO_COLOR": "1", "BRAID_ENGINE_KEY": key, "OPENAI_API_KEY": ""], seconds: 120)
  }

  private var prompts: [String] {
    ["--prompts"] + ["sums", "facts", "text"].map { Fixture.path("families/a/prompts/\($0).heldout.jsonl") }
      + ["--limit", "4"]
  }

  /// A folder with all of the model but its weights.
  private func settingsFolder() throws -> String {
    for name in ["config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"] {
      try folder.write("served/base/" + name, Files.bytes(base + "/" + name))
    }
    return folder("served/base")
  }

  /// What each prompt got: id, and the line without the log-likelihoods; these beside it.
  private func samples(_ name: String) throws -> [(line: String, values: [Double])] {
    try Files.text(folder(name)).split(separator: "\n").map { line in
      let node = try JSONParser.parse(String(line))
      let value = node["loglikelihood"] ?? node["loglikelihoods"]
      let values = value?.array?.compactMap(\.double) ?? value?.double.map { [$0] } ?? []
      let rest = (node.object ?? []).filter { !$0.key.hasPrefix("loglikelihood") && !["metrics"].contains($0.key) }
      return (
        rest.map { "\($0.key) \($0.node.string ?? $0.node.int.map(String.init) ?? $0.node.kind)" }.joined(), values
      )
    }
  }

  @Test func `a served model has the answers of the model on disk, and its folder needs no weights`() throws {
    let source = try LoadedSource(base)
    let own = try braid(["eval", base, "--samples", folder("own.jsonl"), "--json"] + prompts)
    #expect(own.status == 0, "\(own.errors)")
    let expected = try samples("own.jsonl")
    #expect(expected.count == 12 && expected.allSatisfy { !$0.line.isEmpty })
    for names in [false, true] {
      var dialect = CompletionServer.Dialect()
      dialect.namesNumbers = names
      dialect.takesTokens = names
      let server = try CompletionServer(source, dialect).start()
      let result = try braid(
        ["eval", settingsFolder(), "--engine", server.address, "--samples", folder("served.jsonl"), "--json"] + prompts)
      #expect(result.status == 0, "\(result.errors)")
      let record = try JSONParser.parse(result.output)
      let options = record["options"]?.array?.compactMap(\.string)
      #expect(options?.prefix(2) == ["--engine \(server.address)", "--engine-model served"])
      let served = try samples("served.jsonl")
      #expect(served.map(\.line) == expected.map(\.line))
      for (left, right) in zip(served, expected) {
        #expect(left.values.count == right.values.count)
        #expect(zip(left.values, right.values).allSatisfy { abs($0 - $1) < 1e-6 }, "\(left.line)")
      }
      #expect(result.errors.contains("base: computed "))
      #expect(result.errors.contains("put as text") == !names)
    }
  }

  @Test func `a server that cannot be used ends the run before it begins, and no key is shown`() throws {
    var dialect = CompletionServer.Dialect()
    dialect.echoes = false
    let server = try CompletionServer(LoadedSource(base), dialect).start()
    let result = try braid(["eval", base, "--engine", server.address] + prompts, key: "sesame")
    #expect(result.status == 2 && result.output.isEmpty)
    #expect(result.errors.contains("error: \(server.address): the server ignores \"echo\""))
    #expect(!result.errors.contains("sesame"))
    let refusing = try LocalServer { _ in .json("{}", status: 401) }
    let refused = try braid(["eval", base, "--engine", refusing.address] + prompts, key: "sesame")
    #expect(refused.status == 2 && refused.errors.contains("does not take the key in BRAID_ENGINE_KEY"))
    #expect(!refused.errors.contains("sesame"))
  }

  @Test func `what has no meaning with a server is refused`() throws {
    let engine = ["--engine", "http://localhost:1/v1"]
    for (arguments, words) in [
      ([base, base] + engine, "--engine is for one model"), ([base, "--against", base] + engine, "for one model"),
      ([base, "--cache", "c"] + engine, "a server does not show"),
      ([base, "--precision", "bfloat16"] + engine, "--precision has no meaning"),
      ([base, "--engine-model", "x"], "needs --engine"),
      ([base, "--engine", "localhost"], "expected http://HOST:PORT"),
      ([base] + engine + ["--engine-connections", "0"], "from 1 to 256"),
      ([base] + engine + ["--engine-timeout", "0"], "above 0"),
      ([base] + engine + ["--engine-length", "1"], "at least 8"),
      ([base] + engine, "is the server running?"),
    ] {
      let result = try braid(["eval"] + arguments + prompts)
      #expect(result.status == 2 || result.status == 64, "\(arguments)")
      #expect(result.errors.contains(words), "\(result.errors)")
    }
  }
}

/// A model from disk, asked as a ``CompletionServer`` asks it.
private final class LoadedSource: CompletionSource {
  private let model: LanguageModel
  private let known = Mutex<[[Int]: Int]>([:])

  init(_ path: String) throws {
    let folder = try ModelFolder.open(path)
    model = try LanguageModel(
      name: "model", weights: folder.checkpoint, configuration: folder.file(named: "config.json") ?? [],
      tokenizer: try TokenizerSource { try folder.file(named: $0) }, threads: 1)
  }

  var begin: Int { 0 }
  var ends: Set<Int> { model.endTokens }
  func tokens(of text: String) throws -> [Int] { try model.tokenizer.encode(text, addingSpecialTokens: false) }
  func text(of tokens: [Int]) -> String { model.tokenizer.decode(tokens, skippingSpecialTokens: false) }

  func logProbability(of token: Int, behind tokens: [Int]) throws -> Double {
    try model.score([ScoringRequest(context: tokens, continuations: [[token]])]) { _ in }[0][0].logLikelihood
  }

  func best(behind tokens: [Int]) throws -> Int {
    if let known = known.withLock({ $0[tokens] }) { return known }
    let generated = try model.generate([GenerationRequest(prompt: tokens, maximumNewTokens: 1)]) { _ in }[0]
    let token = generated.tokens.first ?? ends.min() ?? 1
    known.withLock { $0[tokens] = token }
    return token
  }
}
