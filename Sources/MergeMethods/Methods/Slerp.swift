internal import Tensors

/// SLERP: from the base to another model along the arc between them, rather than the chord.
///
/// With v₀ the base, v₁ the other, v̂ᵢ their directions (a tensor of norm at most 1e-8 keeps its values), d = v̂₀·v̂₁ and
/// θ = arccos d: out = sin((1−t)θ)/sin θ · v₀ + sin(tθ)/sin θ · v₁; where |d| > 0.9995 the chord (1−t)·v₀ + t·v₁.
/// Shoemake 1985, Animating rotation with quaternion curves. For fine-tunes of one base d is close to 1 and SLERP is
/// the linear mean; it matters for models that lie far apart.
struct Slerp: MergeMethod, Hashable {
  var t = 0.5

  static let card = MethodCard<Slerp>(
    name: "slerp", title: "SLERP",
    summary:
      "From the base model (t = 0) to another (t = 1) along the arc between them. Two models, gradients welcome.",
    formula:
      "out = sin((1-t)a)/sin(a) * base + sin(t*a)/sin(a) * other, a the angle between them; linear if they point the same way",
    reference: "Shoemake 1985, Animating rotation with quaternion curves",
    inputs: 2...2, base: .required,
    parameters: [
      .number("t", \.t, "Where on the arc: 0 is the base model, 1 the other; outside of 0 to 1 it goes on past them.")
    ],
    laws: [.idempotent, .endPoints, .homogeneous],
    deviations: ["Inner products are added in float64 in a fixed order; mergekit adds in float32."])

  func begin(_ task: MergeTask) throws(MergeMethodError) -> any TensorMerge {
    guard let base = task.base else { throw MergeMethodError("slerp needs the base model as one of its two models") }
    let other = 1 - base
    return SpanMerge(
      task: task,
      coefficients: .fromGram(of: .tensor) { [t] gram in
        func direction(_ i: Int) -> Double { gram.norm(i) > 1e-8 ? gram.norm(i) : 1 }
        let cosine = gram[base, other] / (direction(base) * direction(other))
        let (first, second) = Self.shares(t: t, cosine: cosine)
        var coefficients = [0.0, 0.0]
        coefficients[base] = first
        coefficients[other] = second
        return coefficients
      })
  }

  /// The factors of the two ends at a point of an arc.
  static func shares(t: Double, cosine: Double) -> (Double, Double) {
    if abs(cosine) > 0.9995 || cosine.isNaN { return (1 - t, t) }
    let angle = Elementary.arccos(cosine)
    let sine = Elementary.sin(angle)
    return (Elementary.sin((1 - t) * angle) / sine, Elementary.sin(t * angle) / sine)
  }
}
