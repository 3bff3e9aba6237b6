internal import Tensors

/// Arcee Fusion: takes from the other model the elements whose change matters most, and the base's everywhere else.
///
/// With δ = x − base and KL the divergence of softmax(x) from softmax(base) along each row: I = |δ|·KL, and
/// out = x where I ≥ median(I) + 1.5·(Q₃ − Q₁), else base. Quantiles are the elements at trunc(q·(n−1)) of the sorted I.
/// A bad idea where the second model has moved everywhere alike: what is taken is then a matter of a few rows.
struct ArceeFusion: MergeMethod, Hashable {
  static let card = MethodCard<ArceeFusion>(
    name: "arcee_fusion", title: "Arcee Fusion",
    summary: "Takes from a second model only the elements whose change is outstandingly important, else the base's.",
    formula:
      "I = abs(x - base) * KL(softmax(row of x), softmax(row of base)); out = x where I >= median(I) + 1.5*(Q3(I) - Q1(I)), else base",
    reference: "Arcee AI 2025, Arcee Fusion, and mergekit's arcee_fusion",
    inputs: 2...2, base: .required, parameters: [], laws: [.idempotent],
    deviations: [
      "Quantiles are exact for tensors of any size; mergekit estimates them from random samples above a million elements, so that runs differ.",
      "The divergence is added from terms of one sign, in which nothing cancels; mergekit's sum in float32 loses small ones in rounding and can fall below zero.",
      "The result has the dtype that the spec asks for; mergekit writes float32 for half-precision models.",
      "Shapes that differ are refused; mergekit cuts embeddings to what both have.",
    ])

  func begin(_ task: MergeTask) throws(MergeMethodError) -> any TensorMerge {
    guard let base = task.base else { throw MergeMethodError("arcee_fusion needs a base model") }
    return FusionMerge(task: task, base: base)
  }
}
