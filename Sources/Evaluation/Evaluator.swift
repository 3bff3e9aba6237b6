public import LanguageModels
internal import Synchronization

/// Asks a model all prompts of a run.
public struct Evaluator: Sendable {
  /// How prompts are put to a model; part of what makes scores comparable.
  public struct Options: Hashable, Sendable {
    /// How many tokens a generation may have.
    public var maximumNewTokens = 16
    /// Scores texts with a second begin token, as lm-evaluation-harness does for tokenizers that add one themselves;
    /// see ``PromptEncoder/windows(of:doublingBeginToken:)``.
    public var doublesBeginToken = false
    /// How prompts become conversations by the model's chat template; nil for prompts as they are.
    public var chat: ChatOptions?

    /// Makes options.
    public init(maximumNewTokens: Int = 16, doublesBeginToken: Bool = false, chat: ChatOptions? = nil) {
      self.maximumNewTokens = maximumNewTokens
      self.doublesBeginToken = doublesBeginToken
      self.chat = chat
    }
  }

  /// How far a model has come.
  public struct Progress: Hashable, Sendable {
    /// The tokens of the requests that are answered.
    public var done = 0
    /// The tokens of all requests.
    public var total = 0
    /// The tokens that were computed for it: fewer, where requests have beginnings in common or were answered before.
    public var computed = 0
  }

  /// The prompts.
  public var prompts: PromptSet
  /// How they are put.
  public var options: Options

  /// Makes an evaluator.
  public init(prompts: PromptSet, options: Options = Options()) {
    self.prompts = prompts
    self.options = options
  }

  /// The model's answers, in the order of the prompts.
  ///
  /// - Parameter progress: called whenever something was computed or a request is answered,
  ///   possibly from several threads.
  /// - Throws: an ``EvaluationError``, or whatever the model throws.
  public func answers(
    of model: any TextModel, progress: @escaping @Sendable (Progress) -> Void = { _ in }
  ) throws -> [Answer] {
    var workload = Workload()
    let encoder = try PromptEncoder(for: model, chat: options.chat)
    for prompt in prompts.prompts {
      do {
        try workload.add(prompt, encoder: encoder, options: options)
      } catch let error as EvaluationError {
        throw EvaluationError.prompt(task: prompt.task, id: prompt.id, error)
      }
    }
    let state = Mutex(Progress(total: workload.tokenCount))
    @Sendable func advance(_ change: (inout Progress) -> Void) {
      progress(
        state.withLock { state in
          change(&state)
          return state
        })
    }
    let (scoring, generation) = (workload.scoring, workload.generation)
    let scores = try model.score(scoring) { tokens in
      advance { $0.computed += tokens }
    } finished: { number, _ in
      advance { $0.done += Workload.tokenCount(scoring[number]) }
    }
    guard scores.count == workload.scoring.count else {
      throw EvaluationError.unanswered(requests: workload.scoring.count, answers: scores.count)
    }
    let generated = try model.generate(generation) { tokens in
      advance { $0.computed += tokens }
    } finished: { number, _ in
      advance { $0.done += Workload.tokenCount(generation[number]) }
    }
    guard generated.count == workload.generation.count else {
      throw EvaluationError.unanswered(requests: workload.generation.count, answers: generated.count)
    }
    return try assemble(workload, scores: scores, generated: generated, tokenizer: model.tokenizer)
  }

  private func assemble(
    _ workload: Workload, scores: [[ContinuationScore]], generated: [GeneratedTokens], tokenizer: any TextTokenizer
  ) throws -> [Answer] {
    try zip(prompts.prompts, workload.items).map { prompt, item in
      let sums = try item.parts.map { try Self.sum($0, scores, prompt).logLikelihood }
      var answer = item.answer
      switch prompt.content {
      case .choice: answer.content = .choices(sums)
      case .text(let text):
        answer.content = .text(logLikelihood: sums.first ?? 0, tokens: item.tokens, bytes: text.utf8.count)
      case .generation:
        guard let request = item.generation else { break }
        answer.content = .generation(tokenizer.decode(generated[request].tokens, skippingSpecialTokens: true))
        answer.isCutOff = !generated[request].ended
      case .document:
        answer.content = .responses(
          try item.outcomes.map { outcome in
            switch outcome {
            case .likelihood(let parts):
              let sum = try Self.sum(parts, scores, prompt)
              return .likelihood(sum.logLikelihood, isGreedy: sum.isGreedy)
            case .generation(let request, let until):
              answer.isCutOff = answer.isCutOff || !generated[request].ended
              return .text(
                StopStrings.cut(tokenizer.decode(generated[request].tokens, skippingSpecialTokens: true), at: until))
            }
          })
      }
      return answer
    }
  }

  /// The log-likelihoods of continuations added up.
  private static func sum(
    _ parts: [Workload.Part], _ scores: [[ContinuationScore]], _ prompt: Prompt
  ) throws -> ContinuationScore {
    var sum = ContinuationScore(logLikelihood: 0, isGreedy: true)
    for part in parts {
      guard scores[part.request].indices.contains(part.continuation) else {
        throw EvaluationError.prompt(
          task: prompt.task, id: prompt.id,
          .unanswered(requests: part.continuation + 1, answers: scores[part.request].count))
      }
      let score = scores[part.request][part.continuation]
      sum.logLikelihood += score.logLikelihood
      sum.isGreedy = sum.isGreedy && score.isGreedy
    }
    // Nothing compares with NaN: the first choice would win, and the model look like a constant answer.
    guard sum.logLikelihood.isFinite else {
      throw EvaluationError.prompt(task: prompt.task, id: prompt.id, .notFinite(sum.logLikelihood))
    }
    return sum
  }
}
