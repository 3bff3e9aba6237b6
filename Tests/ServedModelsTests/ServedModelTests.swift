import BraidTesting
import LanguageModels
import ServedModels
import Synchronization
import Testing

/// A model that is served gives what it gives here, in every dialect that servers speak.
struct ServedModelTests {
  private let model: HashedModel

  init() throws { model = try HashedModel() }

  private func serve(
    _ change: (inout CompletionServer.Dialect) -> Void, options change2: (inout EngineOptions) -> Void = { _ in }
  ) throws -> (server: LocalServer, model: ServedModel) {
    var dialect = CompletionServer.Dialect()
    change(&dialect)
    let server = try CompletionServer(model, dialect).start()
    var options = try EngineOptions(address: EngineAddress(server.address), timeout: 20)
    options.waits = [0.01]
    change2(&options)
    return (server, try ServedModel(model.settings, options: options))
  }

  /// The dialects that lose nothing.
  private static let dialects: [@Sendable (inout CompletionServer.Dialect) -> Void] = [
    { _ in }, { $0.namesNumbers = true }, { $0.takesSeveral = false }, { $0.refusesExtensions = true },
    { $0.counts = false }, { $0.takesTokens = false }, { ($0.takesTokens, $0.addsBegin) = (false, false) },
    { ($0.takesTokens, $0.takesSeveral) = (false, false) },
    {
      $0.models = ["served"]; $0.length = 128
    },
  ]

  private func requests() throws -> [ScoringRequest] {
    func tokens(_ text: String) throws -> [Int] { try model.tokens(of: text) }
    var requests = [
      ScoringRequest(context: [0], continuations: [try tokens("The calm bear sold a red drum.")]),
      ScoringRequest(context: [0] + (try tokens("first")), continuations: []),
    ]
    for number in 0..<40 {
      requests.append(
        ScoringRequest(
          context: [0] + (try tokens("question \(number) is")),
          continuations: try [" old", " older", " blue and old", " old"].map(tokens)))
    }
    // One that the model itself would have chosen.
    let prompt = [0] + (try tokens("The lake was"))
    requests.append(
      ScoringRequest(
        context: prompt,
        continuations: [try model.generate([GenerationRequest(prompt: prompt, maximumNewTokens: 3)]) { _ in }[0].tokens]
      ))
    return requests
  }

  @Test(arguments: dialects.indices)
  func `scores and first choices are the model's own in every dialect`(number: Int) throws {
    let served = try serve(Self.dialects[number])
    let requests = try requests()
    let expected = try model.score(requests) { _ in }
    let finished = Mutex<[Int]>([])
    let computed = Mutex(0)
    let scores = try served.model.score(requests) { count in
      computed.withLock { $0 += count }
    } finished: { number, scores in
      #expect(scores.count == requests[number].continuations.count)
      finished.withLock { $0.append(number) }
    }
    for (request, (own, other)) in zip(scores, expected).enumerated() {
      #expect(own.map(\.isGreedy) == other.map(\.isGreedy), "request \(request)")
      for (left, right) in zip(own, other) {
        #expect(abs(left.logLikelihood - right.logLikelihood) < 1e-9, "request \(request)")
      }
    }
    #expect(expected.last?[0].isGreedy == true)
    #expect(finished.withLock { $0.sorted() } == Array(requests.indices))
    #expect(computed.withLock { $0 } > 0)
  }

  @Test(arguments: dialects.indices)
  func `generations are the model's own in every dialect`(number: Int) throws {
    let served = try serve(Self.dialects[number])
    var requests = try (0..<24).map { number in
      GenerationRequest(
        prompt: [0] + (try model.tokens(of: "tell me \(number)")), maximumNewTokens: number % 3 * 7,
        stops: number % 4 == 0 ? ["a", "\n"] : [])
    }
    requests.append(
      GenerationRequest(prompt: requests[1].prompt, maximumNewTokens: 16, stops: ["q", "x", "y", "z", "e"]))
    let expected = try model.generate(requests) { _ in }
    let generated = try served.model.generate(requests) { _ in }
    for (number, (own, other)) in zip(generated, expected).enumerated() {
      // What lies behind a stop is the caller's to cut, and servers leave out the stop itself.
      func text(_ result: GeneratedTokens) -> String {
        requests[number].stops.reduce(model.text(of: result.tokens)) { text, stop in
          text.firstRange(of: stop).map { String(text[..<$0.lowerBound]) } ?? text
        }
      }
      #expect(text(own) == text(other), "request \(number)")
      #expect(own.ended == other.ended, "request \(number)")
    }
    #expect(expected.contains { $0.ended } && expected.contains { !$0.ended && !$0.tokens.isEmpty })
  }

  @Test func `a sequence that another begins with is not sent, and requests are shared out`() throws {
    let log = Mutex<[Int]>([])
    let completions = CompletionServer(model)
    let server = try LocalServer { request in
      let text = String(decoding: request.body, as: UTF8.self)
      if text.contains("\"echo\": true") { log.withLock { $0.append(text.split(separator: "], [").count) } }
      return completions.reply(to: request)
    }
    let served = try ServedModel(model.settings, options: EngineOptions(address: EngineAddress(server.address)))
    log.withLock { $0 = [] }
    _ = try served.score(try requests()) { _ in }
    // " old" comes before " older" or not, as tokens fall; twice the same is sent once in any case.
    let sent = log.withLock { $0.reduce(0, +) }
    #expect(sent <= 40 * 3 + 2 && sent >= 40 * 2 + 2)
    #expect(log.withLock { $0.count } <= 9)
  }

  @Test func `a list without the begin token leaves the first token of a text unknown, and that is said`() throws {
    let served = try serve { ($0.takesTokens, $0.leavesOutBegin) = (false, true) }
    var requests = try requests()
    let failure = #expect(throws: EngineError.self) { try served.model.score(requests) { _ in } }
    #expect(failure?.message.contains("no log-probability for the first token behind the begin token") == true)
    requests.removeFirst()
    let expected = try model.score(requests) { _ in }
    for (own, other) in zip(try served.model.score(requests) { _ in }, expected) {
      #expect(zip(own, other).allSatisfy { abs($0.logLikelihood - $1.logLikelihood) < 1e-9 })
    }
  }

  @Test func `prompts that no text stands for are refused where the server takes only texts`() throws {
    let served = try serve { $0.takesTokens = false }
    // No begin token, and letters that the tokenizer would have put together.
    let letters = try "water".map { try model.tokens(of: String($0)) }.flatMap { $0 }
    for tokens in [[20, 21, 22], [0] + letters] {
      let failure = #expect(throws: EngineError.self) {
        try served.model.score([ScoringRequest(context: tokens, continuations: [[20]])]) { _ in }
      }
      #expect(failure?.message.contains("prompt 1: the tokens are not those of their text") == true)
    }
  }

  @Test func `the length is the smaller one, less what a request needs, unless the user knows better`() throws {
    let plain = try serve { _ in }
    #expect(plain.model.maximumLength == 126 && plain.model.remarks.isEmpty)
    let served = try serve { $0.length = 60 }
    let short = served.model
    #expect(short.maximumLength == 58)
    #expect(short.remarks == ["the server looks at 60 tokens, of the model's 128"])
    let other = try serve({ $0.length = 60 }, options: { $0.length = 100 })
    #expect(other.model.maximumLength == 98 && other.model.remarks.isEmpty)
    let long = try serve { $0.length = 1000 }
    #expect(long.model.maximumLength == 126)
    // What fits is taken, up to the last token.
    let context = [Int](repeating: 20, count: 50)
    let request = ScoringRequest(context: context, continuations: [Array(20..<29)])
    #expect(try short.score([request]) { _ in }.count == 1)
    let longer = ScoringRequest(context: context, continuations: [Array(20..<30)])
    let failure = #expect(throws: EngineError.self) { try short.score([request, longer]) { _ in } }
    #expect(failure?.message.contains("HTTP 400: the context is too long") == true)
    withExtendedLifetime(served.server) {}
  }

  @Test func `one of several models is asked for by name`() throws {
    let names = ["base", "expert"]
    let expert = try serve({ $0.models = names }, options: { $0.model = "expert" })
    #expect(expert.model.servedName == "expert")
    for (name, message) in [
      (nil, "the server has 2 models, so one must be named with --engine-model: base, expert"),
      ("experts", "the server has no model \"experts\"; it has base, expert; did you mean expert?"),
    ] {
      let failure = #expect(throws: EngineError.self) {
        try serve({ $0.models = names }, options: { $0.model = name })
      }
      #expect(failure?.message == message)
    }
  }

  @Test func `first choices that are not told are a remark, and a refusal where they are needed`() throws {
    let served = try serve { $0.tellsBest = false }
    #expect(served.model.remarks.count == 1 && served.model.remarks[0].contains("\"top_logprobs\""))
    let requests = try requests()
    let expected = try model.score(requests) { _ in }
    for (own, other) in zip(try served.model.score(requests) { _ in }, expected) {
      #expect(zip(own, other).allSatisfy { abs($0.logLikelihood - $1.logLikelihood) < 1e-9 && !$0.isGreedy })
    }
    let failure = #expect(throws: EngineError.self) {
      try serve({ $0.tellsBest = false }, options: { $0.needsFirstChoices = true })
    }
    #expect(failure?.message.contains("loglikelihood tasks") == true)
  }
}
