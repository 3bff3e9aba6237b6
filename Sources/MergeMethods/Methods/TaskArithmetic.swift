/// Task arithmetic: the base plus the weighted sum of the models' differences to it.
///
/// out = base + λ·Σ wᵢ·(xᵢ − base). Ilharco et al., arXiv 2212.04089. A bad idea with many models at λ = 1: their
/// differences add up and overshoot; try λ around 0.3 to 0.6, or TIES.
struct TaskArithmetic: TaskVectorMethod, Hashable {
  var rules = TaskVectorRules()

  static let card = MethodCard<TaskArithmetic>(
    name: "task_arithmetic", title: "Task arithmetic",
    summary: "Adds the weighted differences of fine-tuned models to their base. Many narrow models into one.",
    formula: "out = base + lambda * sum(w[i] * (x[i] - base)), divided by sum(w[i]) if normalize is true",
    reference: "Ilharco et al. 2023, Editing models with task arithmetic, arXiv 2212.04089",
    inputs: 1...Int.max, base: .required,
    parameters: [.weight, .normalize(default: false), .lambda, .rescale(default: false), .int8Mask],
    laws: [.idempotent, .symmetric, .homogeneous])
}
