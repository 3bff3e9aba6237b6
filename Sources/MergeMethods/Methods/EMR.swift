internal import Kernels
internal import Tensors

/// EMR's unified vector: at each position the largest of the differences that have the elected sign.
///
/// With δᵢ = xᵢ − base: s = sign(Σ δᵢ), where zero counts as negative; out = base + λ·s·max |δᵢ| over those with sign s.
/// Huang et al., EMR-Merging, arXiv 2405.17461. The paper goes on to a mask and a factor for each task, which need to know
/// the task when the model runs; this is the part that is one model. A bad idea at λ = 1 with many models: the largest
/// difference everywhere is more than any of them has; try 0.3 to 0.6.
struct EMR: MergeMethod, Hashable {
  var lambda = 1.0

  static let card = MethodCard<EMR>(
    name: "emr", title: "EMR's unified vector",
    summary: "Elects a sign per element and takes the largest difference that has it.",
    formula: "d[i] = x[i] - base; s = sign(sum(d[i])); out = base + lambda * s * max(abs(d[i]) where sign = s)",
    reference: "Huang et al. 2024, EMR-Merging, arXiv 2405.17461",
    inputs: 2...Int.max, base: .required,
    parameters: [.number("lambda", \.lambda, default: 1, "The factor of the unified vector.")],
    laws: [.idempotent, .symmetric, .homogeneous],
    deviations: [Deviations.absent])

  func begin(_ task: MergeTask) throws(MergeMethodError) -> any TensorMerge {
    let (base, models) = try task.baseAndModels()
    return SinglePass(
      ElectedDifferences(
        differences: CutDifferences(base: base, models: models, cuts: models.map { _ in ModelCut(weight: 1) }),
        rule: SignElection(
          consensus: .sum, isUnweighted: true, drawIsNegative: true, takesLargest: true, divisor: .one,
          lambda: Float(lambda))))
  }
}
