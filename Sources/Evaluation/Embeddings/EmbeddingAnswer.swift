internal import Documents

/// What a model's vectors make of a prompt.
public enum EmbeddingAnswer: Hashable, Sendable {
  /// The cosine of the two texts.
  case similarity(cosine: Double)
  /// The cosines of a text with the one that is closer and with the other.
  case pair(positive: Double, negative: Double)
  /// The ranks of the right documents among all, from one, best first.
  case retrieval(ranks: [Int], relevant: Int)

  /// What the prompt adds to the metrics of its kind that are means, by name.
  var values: [(metric: String, value: Double)] {
    switch self {
    case .similarity: []
    case .pair(let positive, let negative): [("pair_accuracy", positive > negative ? 1 : 0)]
    case .retrieval(let ranks, let relevant):
      [
        ("ndcg_at_10", Ranking.discountedGain(ranks, relevant: relevant, cutoff: 10)),
        ("mrr", ranks.first.map { 1 / Double($0) } ?? 0),
      ]
    }
  }
}

/// One line of a samples file: what a model's vectors make of a prompt.
public struct EmbeddingSample: Hashable, Sendable {
  /// The model's name.
  public var model: String
  /// The prompt.
  public var prompt: EmbeddingPrompt
  /// What the vectors make of it.
  public var answer: EmbeddingAnswer

  /// The line, without its end.
  public var line: String {
    var members: [(key: String, value: JSONValue)] = [
      ("model", .string(model)), ("task", .string(prompt.task)), ("id", .string(prompt.id)),
    ]
    switch answer {
    case .similarity(let cosine):
      members.append(("cosine", .number(cosine)))
      if case .similarity(_, _, let score) = prompt.content { members.append(("score", .number(score))) }
    case .pair(let positive, let negative):
      members += [("positive_cosine", .number(positive)), ("negative_cosine", .number(negative))]
    case .retrieval(let ranks, _): members.append(("ranks", .array(ranks.map(JSONValue.integer))))
    }
    members.append(("metrics", .object(answer.values.map { ($0.metric, .number($0.value)) })))
    return JSONValue.object(members).line
  }
}
