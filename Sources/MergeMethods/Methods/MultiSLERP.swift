internal import Tensors

/// Multi-SLERP: the weighted mean of the models' directions, at the weighted mean of their lengths.
///
/// With nᵢ = ‖xᵢ‖ and M = Σ wᵢ·xᵢ/(nᵢ+ε): out = M/‖M‖ · Σ wᵢ·nᵢ; with a base, xᵢ − base takes the place of xᵢ and the
/// base is added again. mergekit describes it as a step in the tangent space at the mean direction; that step is the
/// sum of what the directions have across their own mean, which is zero, so only cos ε remains of it.
/// A bad idea where directions nearly cancel: the mean direction is then that of a small remainder.
struct MultiSLERP: MergeMethod, Hashable {
  var weight: [Double] = []
  var normalizes = true
  var epsilon = 1e-8

  static let card = MethodCard<MultiSLERP>(
    name: "multislerp", title: "Multi-SLERP",
    summary: "SLERP for any number of models: the weighted mean of their directions, at the mean of their lengths.",
    formula: "m = sum(w[i]*x[i]/norm(x[i])); out = m/norm(m) * sum(w[i]*norm(x[i])), of differences if there is a base",
    reference: "mergekit's multislerp; Buss & Fillmore 2001, Spherical averages",
    inputs: 1...Int.max, base: .optional,
    parameters: [
      .perModel("weight", \.weight, required: true, "The model's share in direction and length."),
      .flag("normalize_weights", \.normalizes, default: true, "Whether to divide the weights by their sum."),
      .number(
        "eps", \.epsilon, in: 0...1, default: 1e-8,
        "What is added to norms before dividing by them, and the length below which a mean direction counts as none."),
    ],
    laws: [.idempotent, .symmetric, .endPoints, .homogeneous],
    deviations: [
      "Norms and angles come from inner products in float64; mergekit adds in the tensor's dtype.",
      "Where all models equal the base, the result is the base; mergekit stops if there are more than two.",
      Deviations.order,
    ])

  func begin(_ task: MergeTask) throws(MergeMethodError) -> any TensorMerge {
    let models = (0..<task.inputCount).filter { $0 != task.base }
    let sum = models.reduce(0) { $0 + weight[$1] }
    if normalizes, sum == 0 { throw MergeMethodError("the weights sum to zero and cannot be normalized") }
    if models.count == 1 {
      return SpanMerge(task: task, coefficients: .known((0..<task.inputCount).map { $0 == task.base ? 0 : 1 }))
    }
    let weights = models.map { normalizes ? weight[$0] / sum : weight[$0] }
    return SpanMerge(
      task: task,
      coefficients: .fromGram(of: .tensor) { [epsilon] gram throws(MergeMethodError) in
        let vectors = task.base.map { gram.differences(to: $0) } ?? gram
        guard let shares = Self.shares(weights, vectors, epsilon: epsilon) else {
          throw MergeMethodError(
            "the directions of \(task.tensor) cancel, so that they have no mean; other weights give one")
        }
        var coefficients = Array(repeating: 1 - shares.reduce(0, +), count: task.inputCount)
        for (model, share) in zip(models, shares) { coefficients[model] = share }
        return coefficients
      })
  }

  /// The factors of the vectors, or nil if more than two cancel.
  static func shares(_ weights: [Double], _ gram: GramMatrix, epsilon: Double) -> [Double]? {
    let norms = weights.indices.map(gram.norm)
    if norms.allSatisfy({ $0 == 0 }) { return weights }
    let factors = zip(weights, norms).map { $1 + epsilon > 0 ? $0 / ($1 + epsilon) : 0 }
    let length = gram.norm(of: factors)
    if length < max(epsilon, .leastNormalMagnitude) { return weights.count == 2 ? weights : nil }
    let target = zip(weights, norms).reduce(0) { $0 + $1.0 * $1.1 } * Elementary.cos(epsilon)
    return factors.map { $0 / length * target }
  }
}
