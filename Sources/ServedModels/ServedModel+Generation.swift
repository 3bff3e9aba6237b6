public import LanguageModels

extension ServedModel {
  /// What prompts of one request have in common.
  private struct Kind: Hashable {
    var maximumNewTokens: Int
    var stops: [String]
  }

  /// Greedy continuations, in the order of the requests.
  ///
  /// The server ends them at its own end tokens, and at the first stops; the rest is the caller's to cut. A text comes
  /// back as tokens where the server names their numbers, and otherwise as the tokenizer reads it behind its prompt.
  public func generate(
    _ requests: [GenerationRequest], progress: @Sendable (Int) -> Void,
    finished: @Sendable (Int, GeneratedTokens) -> Void
  ) throws -> [GeneratedTokens] {
    var results = requests.map { _ in GeneratedTokens(tokens: [], ended: false) }
    var kinds: [Kind] = []
    var members: [Kind: [Int]] = [:]
    for (number, request) in requests.enumerated() {
      guard !request.prompt.isEmpty else { throw failure("there is no prompt", [number]) }
      guard request.maximumNewTokens > 0 else {
        finished(number, results[number])
        continue
      }
      let kind = Kind(maximumNewTokens: request.maximumNewTokens, stops: request.stops)
      if members[kind] == nil { kinds.append(kind) }
      members[kind, default: []].append(number)
    }
    var outgoing: [Outgoing] = []
    for kind in kinds {
      let numbers = members[kind] ?? []
      for range in self.requests(lengths: numbers.map { requests[$0].prompt.count + kind.maximumNewTokens }) {
        outgoing.append(try self.outgoing(kind, Array(numbers[range]), requests))
      }
    }
    try ask(outgoing) { number, response in
      for (request, choice) in zip(outgoing[number].numbers, response.choices) {
        results[request] = continuation(choice, of: requests[request])
        progress(requests[request].prompt.count + results[request].tokens.count)
        finished(request, results[request])
      }
    }
    return results
  }

  private func outgoing(
    _ kind: Kind, _ numbers: [Int], _ requests: [GenerationRequest]
  ) throws(EngineError) -> Outgoing {
    let prompts = numbers.map { requests[$0].prompt }
    var completion = CompletionRequest(model: servedName, prompts: try written(prompts, numbers: numbers))
    completion.maximumNewTokens = kind.maximumNewTokens
    completion.stops = kind.stops
    completion.echoes = false
    // They come with the numbers of the tokens.
    completion.asksForLogProbabilities = traits.namesNumbers
    completion.hasExtensions = traits.takesExtensions
    return Outgoing(completion: completion, prompts: prompts, numbers: numbers)
  }

  private func continuation(
    _ choice: CompletionResponse.Choice, of request: GenerationRequest
  ) -> GeneratedTokens {
    var tokens = numbers(choice) ?? self.tokens(of: choice.text, behind: request.prompt)
    var ended = choice.finishReason == "stop"
    if let end = tokens.firstIndex(where: endTokens.contains) {
      tokens.removeSubrange(end...)
      ended = true
    }
    // A server was told of the first stops only.
    let text = Array(choice.text.utf8)
    ended = ended || request.stops.contains { !$0.isEmpty && Self.contains(Array($0.utf8), in: text) }
    return GeneratedTokens(tokens: tokens, ended: ended)
  }

  private static func contains(_ part: [UInt8], in text: [UInt8]) -> Bool {
    text.count >= part.count && (0...(text.count - part.count)).contains { text[$0...].starts(with: part) }
  }

  /// The tokens by the numbers that the server names, if it does.
  private func numbers(_ choice: CompletionResponse.Choice) -> [Int]? {
    guard let tokens = choice.tokens else { return nil }
    let numbers = tokens.compactMap(\.number)
    return numbers.count == tokens.count ? numbers : nil
  }

  /// The tokens of a text as they are behind a prompt; read alone, it might begin with another one.
  private func tokens(of text: String, behind prompt: [Int]) -> [Int] {
    let rest = prompt.first == prefixToken ? Array(prompt.dropFirst()) : prompt
    let front = tokenizer.decode(rest, skippingSpecialTokens: false)
    let whole = try? tokenizer.encode(front + text, addingSpecialTokens: false)
    if let whole, whole.starts(with: rest) { return Array(whole.dropFirst(rest.count)) }
    return (try? tokenizer.encode(text, addingSpecialTokens: false)) ?? []
  }
}
