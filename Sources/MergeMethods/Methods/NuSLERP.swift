internal import Tensors

/// NuSLERP: SLERP with a weight for each of the two models, along whole tensors, rows or columns, and from a base if
/// there is one.
///
/// t = w₁/(w₀+w₁); with directions v̂ᵢ = vᵢ/max(‖vᵢ‖, 1e-7) and θ between them, out = (sin((1−t)θ)·v₀ + sin(tθ)·v₁)/sin θ,
/// linear where |sin θ| < 1e-8. With a base, vᵢ = xᵢ − base and the base is added again.
struct NuSLERP: MergeMethod, Hashable {
  var weight: [Double] = []
  var flatten = true
  var rowWise = false

  static let card = MethodCard<NuSLERP>(
    name: "nuslerp", title: "NuSLERP",
    summary:
      "SLERP between two models by weights, of whole tensors or row by row, optionally of differences to a base.",
    formula: "t = w[1]/(w[0]+w[1]); out = (sin((1-t)a)*v[0] + sin(t*a)*v[1])/sin(a), a the angle between v[0] and v[1]",
    reference: "mergekit's nuslerp; Shoemake 1985",
    inputs: 2...3, base: .optional,
    parameters: [
      .perModel("weight", \.weight, required: true, "The model's share; only the ratio of the two counts."),
      .flag("nuslerp_flatten", \.flatten, default: true, "Whether a tensor is one vector; if not, its rows are."),
      .flag(
        "nuslerp_row_wise", \.rowWise, default: false,
        "Without nuslerp_flatten: take vectors along the first axis rather than the last."),
    ],
    laws: [.idempotent, .endPoints, .homogeneous],
    deviations: ["Exactly opposite vectors are joined by a line; mergekit divides by a rounding error there."])

  func begin(_ task: MergeTask) throws(MergeMethodError) -> any TensorMerge {
    let models = (0..<task.inputCount).filter { $0 != task.base }
    guard models.count == 2 else {
      throw MergeMethodError("nuslerp merges two models, and a base that is neither of them; here are \(models.count)")
    }
    let sum = weight[models[0]] + weight[models[1]]
    let t = abs(sum) < 1e-6 ? 0.5 : weight[models[1]] / sum
    return SpanMerge(
      task: task,
      coefficients: .fromGram(of: flatten ? .tensor : rowWise ? .column : .row) { gram in
        let angles = task.base.map { gram.differences(to: $0) } ?? gram
        let shares = Self.shares(t: t, angles)
        return (0..<task.inputCount).map { input in
          input == models[0] ? shares.0 : input == models[1] ? shares.1 : 1 - shares.0 - shares.1
        }
      })
  }

  /// The factors of the two vectors.
  static func shares(t: Double, _ gram: GramMatrix) -> (Double, Double) {
    let cosine = gram[0, 1] / (max(gram.norm(0), 1e-7) * max(gram.norm(1), 1e-7))
    let angle = Elementary.arccos(min(1, max(-1, cosine)))
    let sine = Elementary.sin(angle)
    if abs(sine) < 1e-8 { return (1 - t, t) }
    return (Elementary.sin((1 - t) * angle) / sine, Elementary.sin(t * angle) / sine)
  }
}
