public import Evaluation
public import LanguageModels

/// Embedding models that are judged by the same tasks, one after the other.
public struct EmbeddingRun: Sendable {
  private let entries: [(name: String, argument: String)]
  private let evaluator: EmbeddingEvaluator
  private let loader: ModelLoader

  /// Prepares a run.
  ///
  /// - Throws: a ``RequestError`` if a model is named twice.
  public init(models: [String], prompts: EmbeddingPromptSet, loader: ModelLoader) throws(RequestError) {
    let (arguments, _) = try ModelList.joined(models, against: nil)
    entries = Array(zip(ModelNames.distinct(arguments), arguments))
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
  public func run(report: @escaping @Sendable (RunEvent) -> Void) -> ScoreRecord {
    var record = ScoreRecord(models: [])
    for (name, argument) in entries {
      do {
        report(.loading(model: name))
        let model = try loader.loadEmbedding(argument)
        record.models.append(try evaluator.scores(of: name, by: model))
      } catch {
        let message = String(describing: error)
        record.failures.append(ModelFailure(model: name, message: message))
        report(.failed(model: name, message))
      }
    }
    return record
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
