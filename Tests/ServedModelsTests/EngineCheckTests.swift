import BraidTesting
import LanguageModels
import ServedModels
import Synchronization
import Testing

/// Servers that cannot be used are refused before anything is scored, by the name of what they lack.
struct EngineCheckTests {
  private let model: HashedModel

  init() throws { model = try HashedModel() }

  private func failure(
    _ change: (inout CompletionServer.Dialect) -> Void, settings: TextSettings? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> String {
    var dialect = CompletionServer.Dialect()
    change(&dialect)
    let server = try CompletionServer(model, dialect).start()
    let options = try EngineOptions(address: EngineAddress(server.address), timeout: 20)
    let failure = #expect(throws: EngineError.self, sourceLocation: sourceLocation) {
      try ServedModel(settings ?? model.settings, options: options)
    }
    #expect(failure?.description.hasPrefix(server.address + ": ") == true, sourceLocation: sourceLocation)
    return failure?.message ?? ""
  }

  @Test func `servers without the log-probabilities of prompts are told from those that have them`() throws {
    #expect(
      try failure { $0.echoes = false }.hasPrefix(
        "the server ignores \"echo\": for a prompt of"))
    #expect(
      try failure { ($0.echoes, $0.counts, $0.takesTokens) = (false, true, false) }.hasPrefix(
        "the server ignores \"echo\""))
    #expect(
      try failure { $0.tellsLogProbabilities = false }
        == "the server returns no log-probabilities (\"logprobs\" is missing or null)")
  }

  @Test func `numbers that are no log-probabilities of these tokens are found out`() throws {
    #expect(try failure { $0.shift = 1 }.hasPrefix("the log-probabilities of a prompt do not belong to its tokens"))
    #expect(try failure { $0.offset = 40 }.contains("above zero"))
  }

  @Test func `another tokenizer is found out, for tokens and for texts`() throws {
    // The words of a wordless model: every byte a token.
    let tokenizer = #"{"model": {"type": "BPE", "vocab": {\#(Self.bytes)}, "merges": []}}"#
    let other = try TextSettings(
      name: "model", configuration: Array(#"{"max_position_embeddings": 200, "bos_token_id": 3}"#.utf8),
      tokenizer: TokenizerSource(tokenizer: Array(tokenizer.utf8)))
    #expect(try failure({ _ in }, settings: other).contains("the server has another tokenizer"))
    #expect(try failure({ $0.takesTokens = false }, settings: other).contains("it has another tokenizer"))
  }

  /// A vocabulary in another order.
  private static let bytes = (0..<95).map { number in
    let character = String(UnicodeScalar(UInt8(126 - number)))
    let text = character == "\"" || character == "\\" ? "\\" + character : character == " " ? "\u{120}" : character
    return "\"\(text)\": \(number)"
  }.joined(separator: ", ")

  @Test func `texts whose tokens are not counted cannot be checked`() throws {
    #expect(
      try failure { ($0.takesTokens, $0.counts) = (false, false) }.contains(
        "does not say how many tokens it makes of them"))
  }

  @Test func `a server that numbers differently each time is remarked on`() throws {
    let count = Mutex(0.0)
    let model = self.model
    let server = try LocalServer { request in
      var completions = CompletionServer(model)
      completions.dialect.offset = count.withLock { value in
        value -= 0.01
        return value
      }
      return completions.reply(to: request)
    }
    let served = try ServedModel(model.settings, options: EngineOptions(address: EngineAddress(server.address)))
    #expect(served.remarks.count == 1)
    #expect(served.remarks.first?.contains("the same prompt other numbers each time") == true)
  }

  // MARK: Addresses and keys

  @Test func `addresses are read as people write them`() throws {
    for (text, expected) in [
      ("http://localhost:8000", "http://localhost:8000/v1"), ("http://h:1/v1/", "http://h:1/v1"),
      ("HTTPS://api.example.org/v1/completions", "https://api.example.org/v1"),
      ("https://h/a/openai/v1", "https://h/a/openai/v1"), ("http://[::1]:80/", "http://[::1]:80/v1"),
    ] {
      #expect(try EngineAddress(text).text == expected)
    }
    for text in ["", "localhost:8000", "ftp://h/v1", "http://", "http:///v1", "http://h/v1?a=b", "h", "http://h h/"] {
      #expect(throws: EngineAddress.Fault.self, "\(text)") { try EngineAddress(text) }
    }
    let fault = #expect(throws: EngineAddress.Fault.self) { try EngineAddress("http://me:secret@h/v1") }
    #expect(fault?.description.contains("secret") == false)
  }

  @Test func `a key is sent, and one that was not meant for a server only where nobody listens`() throws {
    let seen = Mutex<Set<String>>([])
    let completions = CompletionServer(model)
    let server = try LocalServer { request in
      seen.withLock { _ = $0.insert(request.headers["authorization"] ?? "none") }
      return completions.reply(to: request)
    }
    let address = try EngineAddress(server.address)
    for environment in [["BRAID_ENGINE_KEY": "k1", "OPENAI_API_KEY": "k2"], ["OPENAI_API_KEY": "k2"], [:]] {
      let key = try EngineKey(for: address, environment: environment)
      _ = try ServedModel(model.settings, options: EngineOptions(address: address), key: key)
    }
    #expect(seen.withLock { $0 } == ["Bearer k1", "Bearer k2", "none"])
    let other = try EngineAddress("http://192.168.0.9:8000/v1")
    #expect(try EngineKey(for: other, environment: ["OPENAI_API_KEY": "k2"]) == nil)
    #expect(try EngineKey(for: other, environment: ["BRAID_ENGINE_KEY": "k1"]) != nil)
    #expect(try EngineKey(for: EngineAddress("https://h/v1"), environment: ["OPENAI_API_KEY": "k2"]) != nil)
    let failure = #expect(throws: EngineError.self) {
      try EngineKey(for: address, environment: ["BRAID_ENGINE_KEY": "sesame\r\nHost: x"])
    }
    #expect(failure?.message.contains("BRAID_ENGINE_KEY") == true && failure?.message.contains("sesame") == false)
  }
}
