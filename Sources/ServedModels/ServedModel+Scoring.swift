public import LanguageModels

extension ServedModel {
  /// A sequence of tokens that the server gives back, and the continuations that end in it.
  private struct Sequence {
    var tokens: [Int]
    var parts: [(request: Int, continuation: Int)]
  }

  /// The log-likelihood of each continuation after its context, in the order of the requests.
  ///
  /// A sequence that another one begins with is not sent: its log-probabilities are among those of the other. Sequences
  /// that begin alike follow each other, which servers that remember beginnings like.
  public func score(
    _ requests: [ScoringRequest], progress: @Sendable (Int) -> Void,
    finished: @Sendable (Int, [ContinuationScore]) -> Void
  ) throws -> [[ContinuationScore]] {
    var scores = requests.map { $0.continuations.map { _ in ContinuationScore(logLikelihood: 0, isGreedy: true) } }
    var missing = requests.map(\.continuations.count)
    for (number, request) in requests.enumerated() {
      guard !request.context.isEmpty else { throw failure("there is no context", [number]) }
      if request.continuations.isEmpty { finished(number, []) }
    }
    let sequences = Self.sequences(of: requests)
    let ranges = self.requests(lengths: sequences.map(\.tokens.count))
    let outgoing = try ranges.map { range in
      let prompts = sequences[range].map(\.tokens)
      let numbers = sequences[range].compactMap { $0.parts.first?.request }
      var completion = CompletionRequest(model: servedName, prompts: try written(prompts, numbers: numbers))
      completion.hasExtensions = traits.takesExtensions
      return Outgoing(completion: completion, prompts: prompts, numbers: numbers)
    }
    try ask(outgoing) { number, response in
      for (sequence, choice) in zip(sequences[ranges[number]], response.choices) {
        let echo = try echo(choice, of: sequence)
        for (request, continuation) in sequence.parts {
          let start = requests[request].context.count
          let count = requests[request].continuations[continuation].count
          guard let score = echo.score(from: start, count: count) else {
            throw failure(
              "the server has no log-probability for the first token behind the begin token, so texts without a "
                + "context cannot be scored", [request])
          }
          scores[request][continuation] = score
          missing[request] -= 1
          if missing[request] == 0 { finished(request, scores[request]) }
        }
      }
      progress(outgoing[number].prompts.reduce(0) { $0 + $1.count })
    }
    return scores
  }

  /// All that has to be sent: no sequence is the beginning of another.
  private static func sequences(of requests: [ScoringRequest]) -> [Sequence] {
    var all: [Sequence] = []
    for (number, request) in requests.enumerated() {
      for (index, continuation) in request.continuations.enumerated() {
        all.append(Sequence(tokens: request.context + continuation, parts: [(number, index)]))
      }
    }
    all.sort { $0.tokens.lexicographicallyPrecedes($1.tokens) }
    // A beginning comes right before what begins with it.
    var kept: [Sequence] = []
    for sequence in all.reversed() {
      if let last = kept.last, last.tokens.starts(with: sequence.tokens) {
        kept[kept.count - 1].parts += sequence.parts
      } else {
        kept.append(sequence)
      }
    }
    return kept.reversed()
  }

  private func echo(
    _ choice: CompletionResponse.Choice, of sequence: Sequence
  ) throws(EngineError) -> EchoedPrompt {
    let omitted = traits.leavesOutBegin && sequence.tokens.first == prefixToken ? 1 : 0
    do throws(EchoedPrompt.Fault) {
      return try EchoedPrompt(choice, of: sequence.tokens, omitted: omitted, tokenizer: tokenizer)
    } catch {
      throw failure(error.message, sequence.parts.map(\.request))
    }
  }
}
