public import Evaluation
public import LanguageModels

/// Embedding models that are judged by the same tasks, one after the other.
public struct EmbeddingRun: Sendable {
  /// What came of a run.
  public struct Outcome: Sendable {
    /// The scores.
    public var record: ScoreRecord
    /// What each model's vectors make of each prompt.
    public var samples: [EmbeddingSample]
  }

  private let entries: [(name: String, argument: String)]
  private let reference: String?
  private let evaluator: EmbeddingEvaluator
  private let loader: ModelLoader

  /// Prepares a run.
  ///
  /// - Parameter against: the model to compare with; it is judged first unless it is among the models.
  /// - Throws: a ``RequestError`` if a model is named twice.
  public init(
    models: [String], against: String? = nil, prompts: EmbeddingPromptSet, loader: ModelLoader
  ) throws(RequestError) {
    let (arguments, reference) = try ModelList.joined(models, against: against)
    let names = ModelNames.distinct(arguments)
    entries = Array(zip(names, arguments))
    self.reference = reference.map { names[$0] }
    evaluator = EmbeddingEvaluator(prompts: prompts)
    self.loader = loader
  }

  /// Opens every model without reading a weight.
  ///
  /// - Throws: a ``RequestError`` with all that cannot be opened, one below the other.
  public func check() throws(RequestError) {
    let faults = ModelList.faults(entries.map(\.argument), loader)
    guard faults.isEmpty else { throw RequestError(collecting: faults) }
  }

  /// Judges the models; one that fails is reported by name and does not stop the others.
  public func run(report: @escaping @Sendable (RunEvent) -> Void) -> Outcome {
    var answers: [(model: String, answers: [[EmbeddingAnswer]])] = []
    var failures: [ModelFailure] = []
    for (name, argument) in entries {
      do {
        report(.loading(model: name))
        let model = try loader.loadEmbedding(argument)
        answers.append((name, try evaluator.answers(by: model)))
      } catch {
        let message = String(describing: error)
        failures.append(ModelFailure(model: name, message: message))
        report(.failed(model: name, message))
      }
    }
    let scoring = EmbeddingScoring(prompts: evaluator.prompts)
    return Outcome(
      record: scoring.record(of: answers, against: reference, failures: failures),
      samples: answers.flatMap { scoring.samples(of: $0.model, answers: $0.answers) })
  }
}

extension EmbeddingModel: TextEmbedder {
  /// The vectors of texts; what is too long loses its end, as sentence-transformers cuts it.
  public func vectors(of texts: [String]) throws -> [[Float]] {
    try embed(
      try texts.map { text in
        let tokens = try tokenizer.encode(text, addingSpecialTokens: true)
        guard tokens.count > maximumLength, let last = tokens.last else { return tokens }
        // The token that the tokenizer puts behind a text stays behind it.
        let endsSpecially = try tokenizer.encode(text, addingSpecialTokens: false).last != last
        return endsSpecially ? Array(tokens.prefix(maximumLength - 1)) + [last] : Array(tokens.prefix(maximumLength))
      })
  }
}
