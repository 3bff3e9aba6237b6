internal import Kernels

/// TIES: trim each difference to its largest elements, elect a sign for each position, average what agrees with it.
///
/// With δᵢ = trim(xᵢ − base, density): out = base + λ·mean of those wᵢ·δᵢ whose sign is that of Σ wᵢ·δᵢ.
/// Yadav et al., arXiv 2306.01708. Trimming keeps trunc(density·N) elements of each tensor; the paper trims over the
/// whole model. A bad idea for a single model: nothing has to agree.
struct TIES: TaskVectorMethod, Hashable {
  var rules = TaskVectorRules(sparsifier: .magnitude, consensus: .sum)

  static let card = MethodCard<TIES>(
    name: "ties", title: "TIES",
    summary: "Keeps the largest differences of each model, elects a sign per element and averages those that agree.",
    formula:
      "d[i] = top density of (x[i] - base); s = sign(sum(w[i]*d[i])); out = base + lambda * sum(w[i]*d[i] where sign = s) / sum(w[i] where sign = s)",
    reference: "Yadav et al. 2023, TIES-Merging, arXiv 2306.01708",
    inputs: 1...Int.max, base: .required,
    parameters: [
      .weight, .density, .normalize(default: true), .lambda, .rescale(default: false), .consensus, .dialect, .int8Mask,
    ],
    laws: [.symmetric, .homogeneous],
    deviations: [
      "Among equal magnitudes at the threshold the lowest flat index is kept; mergekit's sort is not stable there.",
      "A density above zero keeps at least one element; mergekit stops with an assertion on tensors where it would keep none.",
    ])
}
