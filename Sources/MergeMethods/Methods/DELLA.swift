internal import Kernels

/// DELLA: TIES on differences of which a random share is kept, large elements with a greater chance than small ones.
///
/// Deep et al., arXiv 2406.11617. The chance of an element goes from density − ε for the smallest of its row to
/// density + ε for the largest, in proportion to its rank. A bad idea with ε = 0: that is DARE, at a greater price.
struct DELLA: TaskVectorMethod, Hashable {
  var rules = TaskVectorRules(rescale: true, sparsifier: .randomByMagnitude, consensus: .sum)

  static let card = MethodCard<DELLA>(
    name: "della", title: "DELLA",
    summary: "Keeps a random share of each difference, large elements more likely, and elects a sign as TIES does.",
    formula:
      "d[i] = (x[i] - base) kept with chance density - epsilon + 2*epsilon*(rank in its row), rescaled; s = sign(sum(w[i]*d[i])); out = base + lambda * sum(w[i]*d[i] where sign = s) / sum(w[i] where sign = s)",
    reference: "Deep et al. 2024, DELLA-Merging, arXiv 2406.11617",
    inputs: 1...Int.max, base: .required,
    parameters: [
      .weight, .density, .epsilon, .normalize(default: true), .lambda, .rescale(default: true), .consensus, .int8Mask,
    ],
    laws: [.idempotent, .homogeneous],
    deviations: [
      "Which elements are kept follows from the seed, the tensor's name, the model's place and the element; mergekit's draws depend on the order of execution.",
      "Ranks in rows of more than 64 elements are known to within 1/16 of the row, and equal magnitudes have equal chances.",
      "Tensors of more than two axes are ranked along the last; mergekit ranks along the second.",
      "Rows of one element are kept with chance density; mergekit makes them NaN.",
    ],
    drawsAtRandom: true)
}

/// DELLA without an election.
struct DELLALinear: TaskVectorMethod, Hashable {
  var rules = TaskVectorRules(rescale: true, sparsifier: .randomByMagnitude)

  static let card = MethodCard<DELLALinear>(
    name: "della_linear", title: "DELLA without election",
    summary: "Task arithmetic on differences of which a random share is kept, large elements more likely.",
    formula: "d[i] as in della; out = base + lambda * sum(w[i]*d[i])",
    reference: "Deep et al. 2024, DELLA-Merging, arXiv 2406.11617",
    inputs: 1...Int.max, base: .required,
    parameters: [.weight, .density, .epsilon, .normalize(default: false), .lambda, .rescale(default: true), .int8Mask],
    laws: [.idempotent, .homogeneous], deviations: DELLA.card.deviations, drawsAtRandom: true)
}
