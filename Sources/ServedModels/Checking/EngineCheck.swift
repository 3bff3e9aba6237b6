internal import Documents
internal import LanguageModels

/// Finds out with a few small requests whether a server can score prompts, and how it wants to be asked.
struct EngineCheck {
  let connection: EngineConnection
  let settings: TextSettings

  /// What is sent: plain words, so that every tokenizer makes several tokens of them and back.
  private static let texts = [
    "The quick brown fox jumps over 13 lazy dogs near the old river bank.",
    "The quick brown fox jumps over 13 lazy cats",
  ]
  /// How many tokens of it are sent at the most.
  private static let mostTokens = 40
  /// From how many nats on two numbers that should be equal are worth a remark.
  private static let remarkable = 1e-3

  /// What the server can do.
  ///
  /// - Throws: an ``EngineError`` that names what is missing.
  func traits() throws -> EngineTraits {
    var traits = try EngineTraits(listing(), chosen: connection)
    let length = min(connection.options.length ?? .max, traits.length ?? .max, settings.maximumLength)
    let prompts = try Self.texts.map { text in
      let tokens = try settings.tokenizer.encode(text, addingSpecialTokens: true)
      return Array(tokens.prefix(min(Self.mostTokens, max(length - 2, 1))))
    }
    guard prompts.allSatisfy({ $0.count > 3 }) else {
      throw connection.failure("a model that looks at \(length) tokens is too short to be checked")
    }
    let first = try firstEcho(of: prompts[0], &traits)
    try checkNumbers(first)
    try findExtensions(prompts[0], like: first, &traits)
    let second = try findSeveral(prompts, like: first, &traits)
    try checkDifference(first, second, prompts)
    if traits.tellsFirstChoices {
      try checkPlaces(first, of: prompts[0], &traits)
    } else {
      try acceptUnknownChoices(&traits)
    }
    return traits
  }

  // MARK: Asking

  /// The prompts' tokens as the server gives them back.
  ///
  /// - Returns: what came back, or the words of the server if it refuses the request.
  func echoes(
    of prompts: [[Int]], _ traits: EngineTraits
  ) throws -> Result<(CompletionResponse, [EchoedPrompt]), Refusal> {
    switch try answer(to: prompts, traits, echoes: true) {
    case .failure(let refusal): return .failure(refusal)
    case .success(let response):
      let echoes = try zip(response.choices, prompts).map { choice, prompt in
        try echo(choice, of: prompt, omitted: traits.leavesOutBegin ? 1 : 0)
      }
      return .success((response, echoes))
    }
  }

  func echo(_ choice: CompletionResponse.Choice, of prompt: [Int], omitted: Int) throws -> EchoedPrompt {
    do throws(EchoedPrompt.Fault) {
      return try EchoedPrompt(choice, of: prompt, omitted: omitted, tokenizer: settings.tokenizer)
    } catch {
      throw connection.failure(error.message)
    }
  }

  /// A server's own words for why it does not do what it was asked.
  struct Refusal: Error {
    var message: String
  }

  /// What the server makes of prompts.
  func answer(
    to prompts: [[Int]], _ traits: EngineTraits, echoes: Bool
  ) throws -> Result<CompletionResponse, Refusal> {
    let writer = PromptWriter(settings: settings, traits: traits)
    guard let written = writer.prompts(prompts) else {
      return .failure(Refusal(message: "the tokens of a prompt are not those of its text"))
    }
    var request = CompletionRequest(model: traits.model, prompts: written, echoes: echoes)
    request.hasExtensions = traits.takesExtensions
    let tokens = prompts.reduce(0) { $0 + $1.count + 1 }
    let answer = try connection.answer(
      to: .init(path: "completions", body: request.json, limit: CompletionResponse.limit(tokens: tokens)),
      isStubborn: false)
    guard answer.status == 200 else {
      return .failure(Refusal(message: ServerMessage.text(status: answer.status, answer.body)))
    }
    do throws(CompletionResponse.Fault) {
      return .success(try CompletionResponse(answer.body, prompts: prompts.count, tokens: tokens))
    } catch {
      throw connection.failure(error.message)
    }
  }

  // MARK: Findings

  /// What the server calls its models; nothing if it does not say and the user does.
  private func listing() throws -> ModelListing? {
    let answer = try connection.answer(
      to: .init(path: "models", body: nil, limit: ModelListing.byteLimit), isStubborn: false)
    guard answer.status == 200 else {
      if connection.options.model != nil { return nil }
      throw connection.failure(
        "the server does not list its models (\(ServerMessage.text(status: answer.status, answer.body))); is the "
          + "address right? It usually ends in /v1; --engine-model names a model without a list")
    }
    do throws(CompletionResponse.Fault) {
      return try ModelListing(answer.body)
    } catch {
      throw connection.failure(error.message)
    }
  }

  /// The first answer of all: how prompts have to be put, and where their tokens are in it.
  private func firstEcho(of prompt: [Int], _ traits: inout EngineTraits) throws -> EchoedPrompt {
    var response: CompletionResponse
    switch try answer(to: [prompt], traits, echoes: true) {
    case .success(let answer): response = answer
    case .failure(let refusal):
      traits.takesTokens = false
      response = try firstText(of: prompt, &traits, refusal: refusal)
    }
    if let count = response.promptTokens, count != prompt.count {
      throw connection.failure(
        "the server makes \(count) tokens of a prompt of \(prompt.count); it has another tokenizer, or puts tokens in "
          + "front")
    }
    let choice = response.choices[0]
    traits.leavesOutBegin = leavesOutBegin(choice, prompt, newTokens: response.newTokens)
    let echo = try echo(choice, of: prompt, omitted: traits.leavesOutBegin ? 1 : 0)
    traits.tellsFirstChoices = echo.best.suffix(prompt.count - 2).allSatisfy { $0 != nil }
    return echo
  }

  /// Whether the list of a prompt's tokens begins behind the begin token.
  private func leavesOutBegin(
    _ choice: CompletionResponse.Choice, _ prompt: [Int], newTokens: Int?
  ) -> Bool {
    guard let tokens = choice.tokens, prompt[0] == settings.prefixToken else { return false }
    if let newTokens { return tokens.count == prompt.count - 1 + newTokens }
    guard tokens.count == prompt.count, let spelling = tokens[0].spelling else {
      return tokens.count == prompt.count - 1
    }
    return TokenSpelling.contradicts(spelling, settings.tokenizer.decode([prompt[0]], skippingSpecialTokens: false))
      && !TokenSpelling.contradicts(spelling, settings.tokenizer.decode([prompt[1]], skippingSpecialTokens: false))
  }

  /// The first answer of a server that takes texts only.
  private func firstText(
    of prompt: [Int], _ traits: inout EngineTraits, refusal: Refusal
  ) throws -> CompletionResponse {
    let beginsItself = prompt[0] == settings.prefixToken
    traits.addsBegin = beginsItself
    var answer = try answer(to: [prompt], traits, echoes: true)
    if case .success(let response) = answer, beginsItself, response.promptTokens == prompt.count - 1 {
      // Nothing was put in front, so the begin token has to be spelt out.
      traits.addsBegin = false
      answer = try self.answer(to: [prompt], traits, echoes: true)
    }
    switch answer {
    case .failure(let text):
      let other = text.message == refusal.message ? "" : "; for a list of tokens: \(refusal.message)"
      throw connection.failure("the server cannot be asked for a prompt's log-probabilities: \(text.message)\(other)")
    case .success(let response):
      guard response.promptTokens != nil else {
        throw connection.failure(
          "the server takes prompts as text only, and does not say how many tokens it makes of them "
            + "(usage.prompt_tokens), so that its tokenizer cannot be checked")
      }
      return response
    }
  }

  /// Refuses numbers that no model gives.
  private func checkNumbers(_ echo: EchoedPrompt) throws(EngineError) {
    let values = echo.logProbabilities.compactMap(\.self)
    guard values.count > 1, Set(values).count == 1 else { return }
    throw connection.failure(
      "every token of a prompt has the log-probability \(values[0]); these are no model's numbers")
  }

  /// Tries what goes beyond OpenAI's protocol; the same prompt must have the same numbers again.
  private func findExtensions(_ prompt: [Int], like first: EchoedPrompt, _ traits: inout EngineTraits) throws {
    traits.takesExtensions = true
    var answer = try echoes(of: [prompt], traits)
    if case .failure = answer {
      traits.takesExtensions = false
      answer = try echoes(of: [prompt], traits)
    }
    switch answer {
    case .failure(let refusal): throw connection.failure("the second answer differs from the first: \(refusal.message)")
    case .success((let response, let echoes)):
      traits.namesNumbers = response.choices[0].tokens?.allSatisfy { $0.number != nil } ?? false
      let difference = Self.difference(first, echoes[0], count: prompt.count)
      if difference > Self.remarkable {
        traits.remarks.append(
          "warning: the server gives the same prompt other numbers each time (up to \(difference) nats apart), so "
            + "scores will not be the same another time")
      }
    }
  }

  /// Tries several prompts in one request; without that, one after the other.
  private func findSeveral(
    _ prompts: [[Int]], like first: EchoedPrompt, _ traits: inout EngineTraits
  ) throws -> EchoedPrompt {
    let several = try? echoes(of: prompts, traits)
    if case .success((_, let echoes)) = several {
      let difference = Self.difference(first, echoes[0], count: prompts[0].count)
      if difference > Self.remarkable, traits.remarks.isEmpty {
        traits.remarks.append(
          "warning: the server's numbers depend on what else it is asked (up to \(difference) nats)")
      }
      return echoes[1]
    }
    traits.takesSeveral = false
    switch try echoes(of: [prompts[1]], traits) {
    case .failure(let refusal): throw connection.failure("the third answer differs from the first: \(refusal.message)")
    case .success((_, let echoes)): return echoes[0]
    }
  }

  private static func difference(_ left: EchoedPrompt, _ right: EchoedPrompt, count: Int) -> Double {
    zip(left.logProbabilities, right.logProbabilities).prefix(count)
      .reduce(0) { max($0, abs(($1.0 ?? 0) - ($1.1 ?? 0))) }
  }

  /// Two prompts that part must have different numbers where they do.
  private func checkDifference(
    _ first: EchoedPrompt, _ second: EchoedPrompt, _ prompts: [[Int]]
  ) throws(EngineError) {
    guard let place = zip(prompts[0], prompts[1]).enumerated().first(where: { $0.element.0 != $0.element.1 })?.offset,
      let left = first.logProbabilities[place], let right = second.logProbabilities[place]
    else { return }
    guard left != right else {
      throw connection.failure(
        "two prompts with different ends have the same log-probability there, \(left); these are no model's numbers")
    }
  }

  private func acceptUnknownChoices(_ traits: inout EngineTraits) throws(EngineError) {
    guard !connection.options.needsFirstChoices else {
      throw connection.failure(
        "the server does not tell the likeliest token of each place (\"top_logprobs\"), by which loglikelihood tasks "
          + "judge; multiple choice and texts would do without")
    }
    traits.remarks.append(
      "warning: the server does not tell the likeliest token of each place (\"top_logprobs\"), so it could not be "
        + "checked that its numbers belong to the right tokens")
  }
}
