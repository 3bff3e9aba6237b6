/// A model that makes vectors of texts; what evaluation needs to know about embedding models.
public protocol TextEmbedder: Sendable {
  /// The vectors of texts, in their order, all of one length.
  func vectors(of texts: [String]) throws -> [[Float]]
}

/// Judges an embedding model by tasks of similarity, retrieval and pairs.
public struct EmbeddingEvaluator: Sendable {
  /// The prompts.
  public var prompts: EmbeddingPromptSet
  /// Makes an evaluator.
  public init(prompts: EmbeddingPromptSet) { self.prompts = prompts }

  /// The model's scores: `spearman` of cosines and people's scores; `ndcg_at_10` and `mrr` of every query's ranking of
  /// all documents of its task; `pair_accuracy`.
  public func scores(of model: String, by embedder: some TextEmbedder) throws -> ModelScores {
    let record = EmbeddingScoring(prompts: prompts).record(of: [(model, try answers(by: embedder))], against: nil)
    return record.models.first ?? ModelScores(model: model, tasks: [])
  }

  /// What the model's vectors make of each task's prompts.
  public func answers(by embedder: some TextEmbedder) throws -> [[EmbeddingAnswer]] {
    // Every text once, whatever it is part of.
    var texts: [String] = []
    var places: [String: Int] = [:]
    for text in prompts.tasks.flatMap(\.prompts).flatMap(\.content.texts) where places[text] == nil {
      places[text] = texts.count
      texts.append(text)
    }
    let vectors = try embedder.vectors(of: texts)
    guard vectors.count == texts.count else {
      throw EvaluationError.unanswered(requests: texts.count, answers: vectors.count)
    }
    let units = try vectors.map(Self.unit)
    return prompts.tasks.map { task in
      Self.answers(to: task) { text in places[text].map { units[$0] } ?? [] }
    }
  }

  private static func unit(_ vector: [Float]) throws -> [Float] {
    let length = vector.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    guard length.isFinite else { throw EvaluationError.notFinite(length) }
    return length == 0 ? vector : vector.map { Float(Double($0) / length) }
  }

  private static func cosine(_ a: [Float], _ b: [Float]) -> Double {
    zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }

  private static func answers(
    to task: EmbeddingPromptSet.Task, _ vector: (String) -> [Float]
  ) -> [EmbeddingAnswer] {
    lazy var documents = documents(of: task)
    return task.prompts.map { prompt in
      switch prompt.content {
      case .similarity(let a, let b, _): return .similarity(cosine: cosine(vector(a), vector(b)))
      case .pair(let anchor, let positive, let negative):
        let anchor = vector(anchor)
        return .pair(positive: cosine(anchor, vector(positive)), negative: cosine(anchor, vector(negative)))
      case .retrieval(let query, let positives, _):
        let query = vector(query)
        let scored = documents.map { (document: $0, cosine: cosine(query, vector($0))) }
        let relevant = Set(positives)
        return .retrieval(ranks: Ranking.ranks(of: relevant, among: scored), relevant: relevant.count)
      }
    }
  }

  private static func documents(of task: EmbeddingPromptSet.Task) -> [String] {
    var seen: Set<String> = []
    return task.prompts.flatMap { prompt -> [String] in
      guard case .retrieval(_, let positives, let negatives) = prompt.content else { return [] }
      return (positives + negatives).filter { seen.insert($0).inserted }
    }
  }
}
