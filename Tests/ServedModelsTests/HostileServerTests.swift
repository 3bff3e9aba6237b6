import BraidTesting
import LanguageModels
import ServedModels
import Synchronization
import Testing

/// Whatever a server does, there is an error that says so: nothing hangs, crashes or fills the memory.
struct HostileServerTests {
  private let model: HashedModel

  init() throws { model = try HashedModel() }

  /// What is said of a server that gives this reply to every completion, or to those behind the first so many.
  private func message(
    _ reply: LocalServer.Reply, behind count: Int = 0, timeout: Double = 20,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> String {
    let asked = Mutex(0)
    let completions = CompletionServer(model)
    let server = try LocalServer { request in
      let number =
        request.method == "POST"
        ? asked.withLock {
          $0 += 1; return $0
        } : 0
      return number > count ? reply : completions.reply(to: request)
    }
    let clock = ContinuousClock()
    let start = clock.now
    defer { #expect(clock.now - start < .seconds(10), sourceLocation: sourceLocation) }
    var options = try EngineOptions(address: EngineAddress(server.address), timeout: timeout)
    options.waits = [0.01, 0.02]
    let failure = #expect(throws: EngineError.self, sourceLocation: sourceLocation) {
      let served = try ServedModel(model.settings, options: options)
      _ = try served.score([ScoringRequest(context: [0, 20], continuations: [[21]])]) { _ in }
    }
    return failure?.message ?? ""
  }

  private func http(_ status: String, _ headers: String = "", _ body: String = "") -> LocalServer.Reply {
    .bytes(Array("HTTP/1.1 \(status)\r\n\(headers)\r\n\(body)".utf8))
  }

  @Test(arguments: [0, 20])
  func `answers that are refused say why`(_ count: Int) throws {
    let count = count == 0 ? 0 : try requestsOfCheck()
    #expect(try message(.json("{}", status: 401), behind: count).contains("wants a key (HTTP 401); put it into BRAID"))
    #expect(
      try message(.json("{\"detail\": \"Not Found\"}", status: 404), behind: count).contains("HTTP 404: Not Found"))
    #expect(try message(.json("oh", status: 500), behind: count).contains("HTTP 500: oh"))
    #expect(
      try message(.json(#"{"error": {"message": "too \u001b[2J long"}}"#, status: 400), behind: count).contains(
        "HTTP 400: too \\u{1b}[2J long"))
    #expect(try message(.json("<html>hello</html>"), behind: count).contains("is not JSON: byte 0"))
    #expect(try message(.json("[1]"), behind: count).contains("an array, not an object"))
    #expect(try message(.json("{}"), behind: count).contains("no \"choices\""))
    #expect(try message(.json(#"{"choices": [1, 2]}"#), behind: count).contains("2 choices for 1 prompts"))
    #expect(try message(.json(#"{"choices": [{"index": 7, "text": ""}]}"#), behind: count).contains("index 7"))
    #expect(try message(.json(#"{"choices": [{"index": 0}]}"#), behind: count).contains("no \"text\""))
    #expect(try message(.json(""), behind: count).contains("is not JSON"))
  }

  /// How many completions the check of a server asks for.
  private func requestsOfCheck() throws -> Int {
    let asked = Mutex(0)
    let completions = CompletionServer(model)
    let server = try LocalServer { request in
      if request.method == "POST" { asked.withLock { $0 += 1 } }
      return completions.reply(to: request)
    }
    _ = try ServedModel(model.settings, options: EngineOptions(address: EngineAddress(server.address)))
    return asked.withLock { $0 }
  }

  @Test func `broken numbers are refused`() throws {
    let count = try requestsOfCheck()
    func reply(_ values: String, _ tops: String = "null, null, null", _ tokens: String? = nil) -> LocalServer.Reply {
      let tokens = tokens.map { "\"tokens\": \($0), " } ?? ""
      return .json(
        #"{"choices": [{"text": "", "logprobs": {\#(tokens)"token_logprobs": [\#(values)], "top_logprobs": [\#(tops)]}}]}"#
      )
    }
    for (reply, words) in [
      (reply("null, -1, NaN"), "is not JSON"), (reply("null, -1, 1e999"), "1e999, not a finite number"),
      (reply("null, -1, \"a\""), "a string, not a finite number"), (reply("null, -1, 0.5"), "0.5, above zero"),
      (reply("null, -1, null"), "no log-probability for token 3"), (reply("null, -1"), "different lengths"),
      (reply("null, -1", "null, null"), "2 log-probabilities for a prompt of 3"),
      (reply("null, -1, -1, -1, -1", "null, null, null, null, null"), "5 log-probabilities for a prompt of 3"),
      (reply("null, -1, -1", "null, null, {\"a\": -0.1, \"b\": -0.1}"), "more than 1"),
      (reply("null, -1, -1", "null, null, {\"a\": 3}"), "3.0, above zero"),
      (reply("null, -1, -1", "null, null, null", #"["<s>", "0", "7"]"#), "\"7\" for the server"),
      (reply("null, -1, -1", "null, null, null", #"["<s>", "token_id:20", "token_id:22"]"#), "\"token_id:22\" for"),
      (.json(#"{"choices": [{"text": "", "logprobs": {}}]}"#), "no list \"token_logprobs\""),
      (.json(#"{"choices": [{"text": "", "logprobs": null}], "usage": {"prompt_tokens": 9}}"#), "counts 9 tokens"),
    ] as [(LocalServer.Reply, String)] {
      let message = try message(reply, behind: count)
      #expect(message.hasPrefix("prompt 1: ") && message.contains(words), "\(message) for \(words)")
    }
  }

  @Test func `an answer that never ends, or is larger than any that belongs, is cut off`() throws {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    #expect(try message(.endless(Array("\(head)\r\n{".utf8))).contains("larger than the"))
    #expect(try message(http("200 OK", "Content-Length: 99999999999\r\n", "{")).contains("larger than the"))
    let many = "[" + String(repeating: "0,", count: 100_000) + "0]"
    #expect(try message(.json(many)).contains("more values than"))
    #expect(try message(.json(String(repeating: "[", count: 3000))).contains("is not JSON"))
  }

  @Test func `connections that break are tried again, and then given up`() throws {
    let count = try requestsOfCheck()
    for behind in [0, count] {
      #expect(try message(.bytes([]), behind: behind).isEmpty == false)
      #expect(try message(.bytes(Array("SSH-2.0-x\r\n".utf8)), behind: behind).isEmpty == false)
      #expect(
        try message(http("200 OK", "Content-Length: 100\r\n", "{\"choices\""), behind: behind).isEmpty == false)
      #expect(
        try message(http("200 OK", "Transfer-Encoding: chunked\r\n", "5\r\n{\"c"), behind: behind).isEmpty == false)
    }
  }

  @Test func `silence and trickles end with the time that an answer may take`() throws {
    #expect(try message(.silence, timeout: 0.5).contains("no answer within 0.5 s (--engine-timeout)"))
    let slow = Array("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"choices\": [                    ".utf8)
    #expect(try message(.trickle(slow, milliseconds: 100), timeout: 1).contains("no answer within 1 s"))
  }

  @Test func `nobody is followed elsewhere`() throws {
    for status in ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
      let message = try message(http(status, "Location: /v1/completions\r\nContent-Length: 0\r\n"))
      #expect(message.contains("wants to be asked elsewhere") && message.contains("/v1/completions"), "\(message)")
    }
  }

  @Test func `a busy server is asked again`() throws {
    let asked = Mutex(0)
    let completions = CompletionServer(model)
    let count = try requestsOfCheck()
    let server = try LocalServer { request in
      let number =
        request.method == "POST"
        ? asked.withLock {
          $0 += 1; return $0
        } : 0
      switch number - count {
      case 1: return .answer(status: 429, headers: ["Retry-After": "0"], body: [])
      case 2: return .json("{}", status: 503)
      case 3: return .bytes([])
      default: return completions.reply(to: request)
      }
    }
    var options = try EngineOptions(address: EngineAddress(server.address), timeout: 20)
    options.waits = [0.01, 0.02, 0.03]
    let served = try ServedModel(model.settings, options: options)
    let request = ScoringRequest(context: [0, 20], continuations: [[21]])
    let expected = try model.score([request]) { _ in }[0][0].logLikelihood
    #expect(abs(try served.score([request]) { _ in }[0][0].logLikelihood - expected) < 1e-9)
    #expect(asked.withLock { $0 } == count + 4)
  }

  @Test func `a server that closes every connection without a word is used all the same`() throws {
    let completions = CompletionServer(model)
    let server = try LocalServer { request in
      guard case .answer(let status, _, let body) = completions.reply(to: request) else { return .bytes([]) }
      return .bytes(Array("HTTP/1.1 \(status) OK\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body)
    }
    let served = try ServedModel(
      model.settings, options: EngineOptions(address: EngineAddress(server.address), timeout: 20))
    #expect(try served.score([ScoringRequest(context: [0, 20], continuations: [[21]])]) { _ in }.count == 1)
  }

  @Test func `a port without a server and a name without a host are told at once`() throws {
    let port = try { try LocalServer { _ in .silence }.port }()
    for (address, words) in [
      ("http://127.0.0.1:\(port)/v1", "is the server running?"), ("http://nowhere.invalid/v1", ""),
    ] {
      let failure = #expect(throws: EngineError.self) {
        try ServedModel(model.settings, options: EngineOptions(address: EngineAddress(address), timeout: 20))
      }
      #expect(failure?.message.contains(words) == true || words.isEmpty)
    }
  }
}
