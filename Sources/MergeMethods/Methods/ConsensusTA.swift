internal import Kernels
internal import Tensors

/// Consensus task arithmetic: task arithmetic without the elements that are of use to fewer than k of the models.
///
/// With τ = Σ wᵢ·δᵢ, δᵢ = xᵢ − base: an element is of use to model i if |wᵢ·δᵢ| > λᵢ·|τ − wᵢ·δᵢ|, λᵢ being its
/// tall_mask_lambda; out = base + λ·τ where it is of use to at least k models, else base. Wang et al., arXiv 2405.07813.
/// k = 2 removes what only one model wants and what none does; k = 0 is task arithmetic. A bad idea with two models:
/// most elements are then of use to one of them alone.
struct ConsensusTA: MergeMethod, Hashable {
  var weight: [Double] = []
  var maskLambda: [Double] = []
  var quorum = 2.0
  var lambda = 1.0

  static let card = MethodCard<ConsensusTA>(
    name: "consensus_ta", title: "Consensus task arithmetic",
    summary: "Task arithmetic restricted to the elements that are of use to at least k models.",
    formula:
      "t = sum(w[i]*d[i]), d[i] = x[i] - base; m[i] = abs(w[i]*d[i]) > tall_mask_lambda[i] * abs(t - w[i]*d[i]); out = base + lambda*t where sum(m) >= k, else base",
    reference: "Wang et al. 2024, Localizing Task Information, arXiv 2405.07813",
    inputs: 2...Int.max, base: .required,
    parameters: [
      .perModel("weight", \.weight, default: 1, "The factor of the model's difference to the base."),
      .perModel(
        "tall_mask_lambda", \.maskLambda, in: 0...Double.greatestFiniteMagnitude, default: 0.4,
        "How many times the rest of the sum a model's difference must exceed for the sum to be of use to it."),
      .number(
        "k", \.quorum, in: 0...Double(SignElection.maximumModels), default: 2,
        "To how many models at least an element must be of use."),
      .number("lambda", \.lambda, default: 1, "The factor of the sum before it is added to the base."),
    ],
    laws: [.symmetric, .homogeneous],
    deviations: [Deviations.absent])

  func begin(_ task: MergeTask) throws(MergeMethodError) -> any TensorMerge {
    let (base, models) = try task.baseAndModels()
    let cuts = models.map { ModelCut(weight: Float(weight[$0]), alone: Float(maskLambda[$0])) }
    return SinglePass(
      ElectedDifferences(
        differences: CutDifferences(base: base, models: models, cuts: cuts),
        rule: SignElection(
          consensus: .useful(atLeast: Int(quorum.rounded(.up))), divisor: .one, lambda: Float(lambda))))
  }
}
