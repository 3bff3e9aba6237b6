internal import Tensors

/// Linear: the weighted mean of the models, or their weighted sum.
///
/// out = Σ wᵢ·xᵢ, divided by Σ wᵢ if `normalize` is set. Wortsman et al., Model soups, arXiv 2203.05482.
/// A bad idea for models that were not trained from a common base: their means are of no use.
struct Linear: MergeMethod, Hashable {
  var weight: [Double] = []
  var normalize = true

  static let card = MethodCard<Linear>(
    name: "linear", title: "Linear",
    summary: "The weighted mean of any number of models: the model soup. Safe for fine-tunes of one base.",
    formula: "out = sum(w[i] * x[i]), divided by sum(w[i]) if normalize is true",
    reference: "Wortsman et al. 2022, Model soups, arXiv 2203.05482",
    inputs: 1...Int.max, base: .unused,
    parameters: [
      .perModel("weight", \.weight, required: true, "The model's share in the result."),
      .flag("normalize", \.normalize, default: true, "Whether to divide by the sum of the weights."),
    ],
    laws: [.idempotent, .symmetric, .endPoints, .homogeneous],
    deviations: [
      "Weights that sum to zero with normalize are an error before anything is read; mergekit divides by zero."
    ])

  func begin(_ task: MergeTask) throws(MergeMethodError) -> any TensorMerge {
    let sum = weight.reduce(0, +)
    if normalize, sum == 0 { throw MergeMethodError("the weights sum to zero and cannot be normalized") }
    return SpanMerge(task: task, coefficients: .known(normalize ? weight.map { $0 / sum } : weight))
  }
}
