internal import Evaluation
internal import Synchronization

/// Loads a model and asks it all prompts.
struct ModelScorer {
  let evaluator: Evaluator
  let provider: any ModelProvider

  /// The model's answers.
  ///
  /// - Parameter name: what the results call the model.
  func answers(
    of argument: String, name: String, report: @escaping @Sendable (RunEvent) -> Void
  ) throws -> [Answer] {
    report(.loading(model: name))
    let loaded = try provider.load(argument)
    if let remarks = loaded.remarks { report(.remark(model: name, remarks)) }
    let clock = ContinuousClock()
    let start = clock.now
    let computed = Mutex(0)
    let answers = try evaluator.answers(of: loaded.model) { done, total in
      computed.withLock { $0 = max($0, done) }
      report(.scoring(model: name, done: done, total: total))
    }
    report(.scored(model: name, tokens: computed.withLock { $0 }, seconds: (clock.now - start) / .seconds(1)))
    return answers
  }
}
