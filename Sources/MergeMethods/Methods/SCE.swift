internal import Kernels

/// SCE: select the positions where the models differ most, calculate each model's weight, erase what the sign election
/// rejects.
///
/// With δᵢ = xᵢ − base at the top share of positions by the variance of the δᵢ: wᵢ = mean(δᵢ²)/Σ mean(δⱼ²);
/// out = base + mean, weighted with wᵢ, of the δᵢ whose sign is that of Σ δᵢ. Wan et al., FuseChat, arXiv 2408.07990.
/// Where the mean squares add up to less than 1e-6, as they do for most fine-tunes, all weights are equal, as in mergekit.
struct SCE: MergeMethod, Hashable {
  var share = 1.0

  static let card = MethodCard<SCE>(
    name: "sce", title: "SCE",
    summary: "Takes the positions where models differ most, weighs models by their changes, and elects a sign.",
    formula:
      "d[i] = x[i] - base at the select_topk positions of largest variance; w[i] = mean(d[i]^2)/sum(mean(d^2)); s = sign(sum(d[i])); out = base + sum(w[i]*d[i] where sign = s) / sum(w[i] where sign = s)",
    reference: "Wan et al. 2024, FuseChat, arXiv 2408.07990",
    inputs: 2...Int.max, base: .required,
    parameters: [
      .number(
        "select_topk", \.share, in: 0...1, default: 1,
        "The share of positions to take, of those where the models differ at all; 1 takes all."),
      .withoutEffect("int8_mask", "Saved memory in mergekit; accepted, and changes no number."),
    ],
    laws: [.idempotent, .symmetric],
    deviations: [
      "Among equal variances at the threshold the lowest flat index is taken; mergekit's choice is not fixed there.",
      Deviations.order,
    ])

  func begin(_ task: MergeTask) throws(MergeMethodError) -> any TensorMerge {
    try SelectiveMerge(task: task, share: share)
  }
}
