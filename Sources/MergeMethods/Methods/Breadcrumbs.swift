internal import Kernels

/// Breadcrumbs: task arithmetic on differences without their largest outliers and their smallest elements.
///
/// Davari & Belilovsky, arXiv 2312.06795. Of N elements by magnitude, trunc(γ·N) largest are dropped, then all but the
/// next trunc(density·N).
struct Breadcrumbs: TaskVectorMethod, Hashable {
  var rules = TaskVectorRules(sparsifier: .magnitudeOutliers)

  static let card = MethodCard<Breadcrumbs>(
    name: "breadcrumbs", title: "Breadcrumbs",
    summary: "Task arithmetic on differences whose largest outliers and smallest elements are dropped.",
    formula:
      "d[i] = (x[i] - base) without its gamma largest, then its smallest beyond density; out = base + lambda * sum(w[i]*d[i])",
    reference: "Davari & Belilovsky 2023, Model Breadcrumbs, arXiv 2312.06795",
    inputs: 1...Int.max, base: .required,
    parameters: [.weight, .density, .gamma, .normalize(default: false), .lambda, .rescale(default: false), .int8Mask],
    laws: [.symmetric, .homogeneous],
    deviations: [
      "Tensors with fewer than 1/gamma elements lose no outliers; mergekit zeroes their whole difference.",
      "Among equal magnitudes at a threshold the lowest flat index counts as larger; mergekit's sort is not stable there.",
    ])
}

/// Breadcrumbs with a sign election among the models.
struct BreadcrumbsTIES: TaskVectorMethod, Hashable {
  var rules = TaskVectorRules(sparsifier: .magnitudeOutliers, consensus: .sum)

  static let card = MethodCard<BreadcrumbsTIES>(
    name: "breadcrumbs_ties", title: "Breadcrumbs with TIES",
    summary: "Breadcrumbs' differences, combined by electing a sign per element as TIES does.",
    formula: "d[i] as in breadcrumbs; s = sign(sum(w[i]*d[i])); out = base + lambda * sum(w[i]*d[i] where sign = s)",
    reference: "Davari & Belilovsky 2023, arXiv 2312.06795, with the election of arXiv 2306.01708",
    inputs: 1...Int.max, base: .required,
    parameters: [
      .weight, .density, .gamma, .normalize(default: false), .lambda, .rescale(default: false), .consensus, .int8Mask,
    ],
    laws: [.symmetric, .homogeneous],
    deviations: Breadcrumbs.card.deviations)
}
