internal import LanguageModels

/// The requests to a model that a set of prompts amounts to, and which answers belong to which prompt.
struct Workload {
  /// A continuation of a scoring request.
  struct Part {
    var request: Int
    var continuation: Int
  }

  /// What the response to one request of a document is made of.
  enum Outcome {
    /// The continuations whose log-likelihoods are added up.
    case likelihood([Part])
    /// A generation, and the texts at which it is cut.
    case generation(Int, until: [String])
  }

  /// What a prompt waits for.
  struct Item {
    /// For each choice, or for the one text, the continuations whose log-likelihoods are added up.
    var parts: [[Part]] = []
    /// The generation request.
    var generation: Int?
    /// For each request of a document, what its response is made of.
    var outcomes: [Outcome] = []
    /// How many tokens of a text are scored.
    var tokens = 0
    /// The answer so far: how the prompt was encoded.
    var answer = Answer(.choices([]))
  }

  private(set) var scoring: [ScoringRequest] = []
  private(set) var generation: [GenerationRequest] = []
  private(set) var items: [Item] = []

  /// The tokens of all requests, as many as can be.
  var tokenCount: Int {
    scoring.reduce(0) { $0 + Self.tokenCount($1) } + generation.reduce(0) { $0 + Self.tokenCount($1) }
  }

  static func tokenCount(_ request: ScoringRequest) -> Int {
    request.continuations.reduce(request.context.count) { $0 + $1.count }
  }

  static func tokenCount(_ request: GenerationRequest) -> Int { request.prompt.count + request.maximumNewTokens }

  /// Adds what the next prompt needs.
  mutating func add(_ prompt: Prompt, encoder: PromptEncoder, options: Evaluator.Options) throws {
    var item = Item()
    switch prompt.content {
    case .choice(let query, let choices, _):
      // Choices whose contexts agree share a request, so that the context is computed once.
      var requests: [[Int]: Int] = [:]
      let context = try encoder.context(for: query)
      for choice in choices {
        let pair = try encoder.pair(context: context, continuation: choice)
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
      let (tokens, isTruncated) = try encoder.prompt(
        encoder.context(for: text), roomFor: options.maximumNewTokens)
      item.generation = generation.count
      item.answer.isTruncated = isTruncated
      generation.append(GenerationRequest(prompt: tokens, maximumNewTokens: options.maximumNewTokens))
    case .document(let document):
      var requests: [[Int]: Int] = [:]
      for request in document.requests { try add(request, to: &item, sharing: &requests, encoder: encoder) }
    }
    items.append(item)
  }

  /// Adds a request of a document, as lm-evaluation-harness puts it.
  private mutating func add(
    _ request: DocumentPrompt.Request, to item: inout Item, sharing requests: inout [[Int]: Int],
    encoder: PromptEncoder
  ) throws {
    switch request {
    case .likelihood(let context, let continuation):
      let pair = try encoder.pair(context: context, continuation: continuation)
      let number = requests[pair.context] ?? scoring.count
      if number == scoring.count { scoring.append(ScoringRequest(context: pair.context, continuations: [])) }
      requests[pair.context] = number
      item.outcomes.append(.likelihood([Part(request: number, continuation: scoring[number].continuations.count)]))
      scoring[number].continuations.append(pair.continuation)
      item.answer.isTruncated = item.answer.isTruncated || pair.isTruncated
      item.answer.isReencoded = item.answer.isReencoded || pair.isReencoded
    case .text(let text):
      // The harness scores the begin token, too.
      let windows = try encoder.windows(of: text, doublingBeginToken: true)
      guard !windows.isEmpty else { throw EvaluationError.noTokens }
      item.outcomes.append(.likelihood(windows.indices.map { Part(request: scoring.count + $0, continuation: 0) }))
      scoring += windows.map { ScoringRequest(context: $0.context, continuations: [$0.continuation]) }
    case .generation(let context, let until, let maximumNewTokens):
      let (tokens, isTruncated) = try encoder.prompt(context, roomFor: maximumNewTokens)
      item.outcomes.append(.generation(generation.count, until: until))
      item.answer.isTruncated = item.answer.isTruncated || isTruncated
      generation.append(
        GenerationRequest(prompt: tokens, maximumNewTokens: maximumNewTokens, stops: until.filter { !$0.isEmpty }))
    }
  }
}
