internal import Kernels

/// DARE: task arithmetic on differences of which a random share is kept and scaled up to the whole again.
///
/// Yu et al., arXiv 2311.03099. Each element of xᵢ − base is kept with probability density, on its own; what is kept is
/// scaled by Σ|δ| ∕ Σ|kept δ|, which is 1/density on average. Two runs with the same seed keep the same elements. A bad
/// idea at low densities for differences with a few large elements: the result then depends on whether those stay.
struct DARELinear: TaskVectorMethod, Hashable {
  var rules = TaskVectorRules(rescale: true, sparsifier: .random)

  static let card = MethodCard<DARELinear>(
    name: "dare_linear", title: "DARE",
    summary: "Task arithmetic on differences of which a random share is kept and scaled back to the whole.",
    formula:
      "d[i] = (x[i] - base) where a draw with chance density keeps it, rescaled; out = base + lambda * sum(w[i]*d[i])",
    reference: "Yu et al. 2024, Language Models are Super Mario, arXiv 2311.03099",
    inputs: 1...Int.max, base: .required,
    parameters: [.weight, .density, .normalize(default: false), .lambda, .rescale(default: true), .dialect, .int8Mask],
    laws: [.idempotent, .homogeneous],
    deviations: [
      "Which elements are kept follows from the seed, the tensor's name, the model's place and the element; mergekit's draws depend on the order of execution.",
      "Rescaling keeps the sum of magnitudes, as mergekit does; the dialects paper and peft divide by the density.",
    ],
    drawsAtRandom: true)
}

/// DARE with a sign election among the models.
struct DARETIES: TaskVectorMethod, Hashable {
  var rules = TaskVectorRules(rescale: true, sparsifier: .random, consensus: .sum)

  static let card = MethodCard<DARETIES>(
    name: "dare_ties", title: "DARE with TIES",
    summary: "DARE's differences, combined by electing a sign per element as TIES does.",
    formula: "d[i] as in dare_linear; s = sign(sum(w[i]*d[i])); out = base + lambda * sum(w[i]*d[i] where sign = s)",
    reference: "Yu et al. 2024, arXiv 2311.03099, with the election of arXiv 2306.01708",
    inputs: 1...Int.max, base: .required,
    parameters: [
      .weight, .density, .normalize(default: false), .lambda, .rescale(default: true), .consensus, .dialect, .int8Mask,
    ],
    laws: [.idempotent, .homogeneous], deviations: DARELinear.card.deviations, drawsAtRandom: true)
}
