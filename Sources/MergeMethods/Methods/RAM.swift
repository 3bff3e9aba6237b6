internal import Kernels
internal import Tensors

/// RAM: adds what only one model has changed as it is, and averages what several have changed.
///
/// With δᵢ = xᵢ − base where |δᵢ| > ε, else none: out = base + mean of the δᵢ that are there. So a change that others do
/// not share is not thinned by dividing it by their number. A bad idea for models that have moved everywhere, as most
/// full fine-tunes have: it is then the mean.
struct RAM: MergeMethod, Hashable {
  var epsilon = 1e-5

  static let card = MethodCard<RAM>(
    name: "ram", title: "RAM",
    summary: "Adds changes that one model alone has made in full, and averages those that several have made.",
    formula: "d[i] = x[i] - base where abs(x[i] - base) > epsilon; out = base + sum(d[i]) / max(1, number of d[i])",
    reference: "Reinforced Agent Merging 2026, arXiv 2601.13572",
    inputs: 2...Int.max, base: .required,
    parameters: [.activity(\.epsilon)], laws: [.idempotent, .symmetric],
    deviations: [Deviations.order])

  func begin(_ task: MergeTask) throws(MergeMethodError) -> any TensorMerge {
    try ParticipationMerge(task: task, epsilon: epsilon, factor: nil)
  }
}

/// RAM+: RAM, with the changes of one model alone scaled up, the more so the more of its changes others share.
///
/// The factor of model i is 1 + r·clamp(ρᵢ, 0, α), where ρᵢ is the number of its shared changes over that of its own,
/// for each tensor.
struct RAMPlus: MergeMethod, Hashable {
  var epsilon = 1e-5
  var r = 0.1
  var alpha = 0.2

  static let card = MethodCard<RAMPlus>(
    name: "ramplus_tl", title: "RAM+, tensor by tensor",
    summary: "RAM, with changes of one model alone scaled up to make up for those it shares with others.",
    formula: "as ram, d[i] that stand alone times 1 + r*clamp(shared[i]/alone[i], 0, alpha), counted in each tensor",
    reference: "Reinforced Agent Merging 2026, arXiv 2601.13572, in mergekit's tensor-local form",
    inputs: 2...Int.max, base: .required,
    parameters: [
      .activity(\.epsilon),
      .number("r", \.r, default: 0.1, "How strongly changes of one model alone are scaled up."),
      .number(
        "alpha", \.alpha, in: 0...Double.greatestFiniteMagnitude, default: 0.2,
        "The ratio of shared to own changes from which on scaling grows no further."),
    ],
    laws: [.idempotent, .symmetric],
    deviations: [
      "The result has the dtype that the spec asks for; mergekit writes float32 for half-precision models.",
      Deviations.order,
    ])

  func begin(_ task: MergeTask) throws(MergeMethodError) -> any TensorMerge {
    try ParticipationMerge(task: task, epsilon: epsilon) { [epsilon, r, alpha] alone, shared in
      1 + r * min(alpha, max(0, Double(shared) / max(Double(alone), epsilon)))
    }
  }
}

extension Parameter {
  fileprivate static func activity(_ path: any WritableKeyPath<Method, Double> & Sendable) -> Parameter {
    .number(
      "epsilon", path, in: 0...Double.greatestFiniteMagnitude, default: 1e-5,
      "The magnitude above which a difference to the base counts as a change.")
  }
}
