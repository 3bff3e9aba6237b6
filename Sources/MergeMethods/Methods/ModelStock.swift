internal import Tensors

/// Model Stock: between the base and the mean of the models, as far as the models agree on the direction.
///
/// With oᵢ = xᵢ − base, k models and c̄ the mean of the cosines between all pairs of oᵢ: t = k·c̄/(1 + (k−1)·c̄),
/// out = t·mean(xᵢ) + (1−t)·base. Jang et al., arXiv 2403.19522. Meant for fine-tunes of one task; models of different
/// tasks have nearly orthogonal differences, t comes out near zero and the result is the base.
struct ModelStock: MergeMethod, Hashable {
  var filterWise = false

  static let card = MethodCard<ModelStock>(
    name: "model_stock", title: "Model Stock",
    summary: "Goes from the base towards the mean of at least two models, the further the more they agree.",
    formula: "c = mean cosine of (x[i] - base) over pairs; t = k*c / (1 + (k-1)*c); out = t * mean(x) + (1-t) * base",
    reference: "Jang et al. 2024, Model Stock, arXiv 2403.19522",
    inputs: 3...Int.max, base: .required,
    parameters: [.flag("filter_wise", \.filterWise, default: false, "Whether each row has a ratio of its own.")],
    laws: [.idempotent, .symmetric, .homogeneous],
    deviations: [
      "Inner products are added in float64 from the models themselves; mergekit takes them of rounded differences.",
      "Where 1 + (k-1)*c is within 1e-6 of zero the base is taken; mergekit divides by what rounding leaves of it.",
    ])

  func begin(_ task: MergeTask) throws(MergeMethodError) -> any TensorMerge {
    guard let base = task.base else { throw MergeMethodError("model_stock needs a base model") }
    let count = task.inputCount
    guard count >= 3 else { throw MergeMethodError("model_stock needs at least two models beside the base") }
    return SpanMerge(
      task: task,
      coefficients: .fromGram(of: filterWise ? .row : .tensor) { gram in
        let ratio = Self.ratio(gram.differences(to: base))
        return (0..<count).map { $0 == base ? 1 - ratio : ratio / Double(count - 1) }
      })
  }

  /// The share of the mean, from the inner products of the differences.
  static func ratio(_ gram: GramMatrix) -> Double {
    let models = gram.size
    var cosines = 0.0
    for i in 0..<models {
      for j in i + 1..<models {
        cosines += min(1, max(-1, gram[i, j] / max(gram.norm(i) * gram.norm(j), 1e-6)))
      }
    }
    let mean = cosines / Double(models * (models - 1) / 2)
    let divisor = 1 + Double(models - 1) * mean
    return abs(divisor) < 1e-6 ? 0 : Double(models) * mean / divisor
  }
}
