internal import LanguageModels

/// The requests to a model that a set of prompts amounts to, and which answers belong to which prompt.
struct Workload {
  /// A continuation of a scoring request.
  struct Part {
    var request: Int
    var continuation: Int
  }

  /// What a prompt waits for.
  struct Item {
    /// For each choice, or for the one text, the continuations whose log-likelihoods are added up.
    var parts: [[Part]] = []
    /// The generation request.
    var generation: Int?
    /// How many tokens of a text are scored.
    var tokens = 0
    /// The answer so far: how the prompt was encoded.
    var answer = Answer(.choices([]))
  }

  private(set) var scoring: [ScoringRequest] = []
  private(set) var generation: [GenerationRequest] = []
  private(set) var items: [Item] = []

  /// An upper bound of the tokens to be computed.
  var tokenCount: Int {
    scoring.reduce(0) { $0 + $1.context.count + $1.continuations.reduce(0) { $0 + $1.count } }
      + generation.reduce(0) { $0 + $1.prompt.count + $1.maximumNewTokens }
  }

  /// Adds what the next prompt needs.
  mutating func add(_ prompt: Prompt, encoder: PromptEncoder, options: Evaluator.Options) throws {
    var item = Item()
    switch prompt.content {
    case .choice(let query, let choices, _):
      // Choices whose contexts agree share a request, so that the context is computed once.
      var requests: [[Int]: Int] = [:]
      for choice in choices {
        let pair = try encoder.pair(context: query, continuation: choice)
        let request = requests[pair.context] ?? scoring.count
        if request == scoring.count { scoring.append(ScoringRequest(context: pair.context, continuations: [])) }
        requests[pair.context] = request
        item.parts.append([Part(request: request, continuation: scoring[request].continuations.count)])
        scoring[request].continuations.append(pair.continuation)
        item.answer.isTruncated = item.answer.isTruncated || pair.isTruncated
        item.answer.isReencoded = item.answer.isReencoded || pair.isReencoded
      }
    case .text(let text):
      let windows = try encoder.windows(of: text, doublingBeginToken: options.doublesBeginToken)
      guard !windows.isEmpty else { throw EvaluationError.noTokens }
      item.parts = [windows.indices.map { Part(request: scoring.count + $0, continuation: 0) }]
      item.tokens = windows.reduce(0) { $0 + $1.continuation.count }
      scoring += windows.map { ScoringRequest(context: $0.context, continuations: [$0.continuation]) }
    case .generation(let text, _):
      let (tokens, isTruncated) = try encoder.prompt(text, roomFor: options.maximumNewTokens)
      item.generation = generation.count
      item.answer.isTruncated = isTruncated
      generation.append(GenerationRequest(prompt: tokens, maximumNewTokens: options.maximumNewTokens))
    }
    items.append(item)
  }
}
