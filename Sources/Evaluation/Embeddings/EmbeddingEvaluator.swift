/// A model that makes vectors of texts; what evaluation needs to know about embedding models.
public protocol TextEmbedder: Sendable {
  /// The vectors of texts, in their order, all of one length.
  func vectors(of texts: [String]) throws -> [[Float]]
}

/// Judges an embedding model by tasks of similarity, retrieval and pairs.
public struct EmbeddingEvaluator: Sendable {
  /// The prompts.
  public var prompts: EmbeddingPromptSet
  /// How many resamples make the standard error of a rank correlation.
  public var resamples = 1000

  /// Makes an evaluator.
  public init(prompts: EmbeddingPromptSet) { self.prompts = prompts }

  /// The model's scores: `spearman` of cosines and people's scores; `ndcg_at_10` and `mrr` of every query's ranking of
  /// all documents of its task; `pair_accuracy`.
  public func scores(of model: String, by embedder: some TextEmbedder) throws -> ModelScores {
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
    func vector(_ text: String) -> [Float] { places[text].map { units[$0] } ?? [] }
    return ModelScores(
      model: model,
      tasks: prompts.tasks.map { task in TaskScores(task: task.name, metrics: metrics(of: task, vector)) })
  }

  private static func unit(_ vector: [Float]) throws -> [Float] {
    let length = vector.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    guard length.isFinite else { throw EvaluationError.notFinite(length) }
    return length == 0 ? vector : vector.map { Float(Double($0) / length) }
  }

  private static func cosine(_ a: [Float], _ b: [Float]) -> Double {
    zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }

  private func metrics(
    of task: EmbeddingPromptSet.Task, _ vector: (String) -> [Float]
  ) -> [MetricScore] {
    var pairs: [(cosine: Double, score: Double)] = []
    var right: [Double] = []
    var gains: [Double] = []
    var reciprocals: [Double] = []
    lazy var documents = Self.documents(of: task)
    for prompt in task.prompts {
      switch prompt.content {
      case .similarity(let a, let b, let score): pairs.append((Self.cosine(vector(a), vector(b)), score))
      case .pair(let anchor, let positive, let negative):
        let anchor = vector(anchor)
        right.append(Self.cosine(anchor, vector(positive)) > Self.cosine(anchor, vector(negative)) ? 1 : 0)
      case .retrieval(let query, let positives, _):
        let query = vector(query)
        let scored = documents.map { (document: $0, cosine: Self.cosine(query, vector($0))) }
        let ranks = Ranking.ranks(of: Set(positives), among: scored)
        gains.append(Ranking.discountedGain(ranks, relevant: Set(positives).count, cutoff: 10))
        reciprocals.append(ranks.first.map { 1 / Double($0) } ?? 0)
      }
    }
    func mean(_ name: String, _ values: [Double]) -> MetricScore {
      let count = Double(values.count)
      return MetricScore(
        metric: name,
        score: Score(
          value: values.reduce(0, +) / count, standardError: Jackknife.standardError(values), count: values.count))
    }
    if !pairs.isEmpty {
      let error = RankCorrelation.standardError(pairs, task: task.name, resamples: resamples)
      let score = Score(value: RankCorrelation.spearman(pairs), standardError: error, count: pairs.count)
      return [MetricScore(metric: "spearman", score: score)]
    }
    if !right.isEmpty { return [mean("pair_accuracy", right)] }
    return [mean("ndcg_at_10", gains), mean("mrr", reciprocals)]
  }

  private static func documents(of task: EmbeddingPromptSet.Task) -> [String] {
    var seen: Set<String> = []
    return task.prompts.flatMap { prompt -> [String] in
      guard case .retrieval(_, let positives, let negatives) = prompt.content else { return [] }
      return (positives + negatives).filter { seen.insert($0).inserted }
    }
  }
}
