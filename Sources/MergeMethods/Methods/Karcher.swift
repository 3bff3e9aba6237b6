internal import Tensors

/// Karcher mean: the direction whose summed squared angles to all models are smallest, at the mean of their lengths.
///
/// With uᵢ = xᵢ/‖xᵢ‖: from the mean of the uᵢ on, u moves along T = mean of θᵢ/sin θᵢ·(uᵢ − (u·uᵢ)u), θᵢ being its angle
/// to uᵢ, until ‖T‖ < tol; out = u·mean(‖xᵢ‖). Karcher 1977. All of it happens on coefficients of the xᵢ, which their
/// inner products suffice for. For fine-tunes of one base the mean of the models is next to the same and cheaper.
struct Karcher: MergeMethod, Hashable {
  var iterations = 10.0
  var tolerance = 1e-5

  static let card = MethodCard<Karcher>(
    name: "karcher", title: "Karcher mean",
    summary: "The mean of the models' directions on the sphere, found iteratively, at the mean of their lengths.",
    formula:
      "u minimises sum(angle(u, x[i])^2) over directions; out = u * mean(norm(x[i]))",
    reference: "Karcher 1977, Riemannian center of mass and mollifier smoothing",
    inputs: 1...Int.max, base: .unused,
    parameters: [
      .number("max_iter", \.iterations, in: 0...100_000, default: 10, "How many steps to take at most."),
      .number("tol", \.tolerance, in: 0...1, default: 1e-5, "The length of a step below which the mean is found."),
    ],
    laws: [.idempotent, .symmetric, .homogeneous],
    deviations: [
      "Angles come from inner products in float64; mergekit's float32 cannot tell angles below about 0.0003 from zero.",
      "A model that points exactly away from the mean pulls in no direction; mergekit divides by the sine of its angle.",
    ])

  func begin(_ task: MergeTask) throws(MergeMethodError) -> any TensorMerge {
    if task.inputCount == 1 { return SpanMerge(task: task, coefficients: .known([1])) }
    return SpanMerge(
      task: task,
      coefficients: .fromGram(of: .tensor) { [iterations, tolerance] gram in
        Self.coefficients(gram, iterations: Int(iterations), tolerance: tolerance)
      })
  }

  /// The factors of the models.
  static func coefficients(_ gram: GramMatrix, iterations: Int, tolerance: Double) -> [Double] {
    let norms = (0..<gram.size).map(gram.norm)
    let kept = norms.indices.filter { norms[$0] > tolerance }
    guard let first = kept.first else { return norms.map { _ in 0 } }
    var cosines = GramMatrix(size: kept.count)
    for (row, i) in kept.enumerated() {
      for (column, j) in kept.enumerated() where column >= row {
        cosines[row, column] = gram[i, j] / (norms[i] * norms[j])
      }
    }
    let share = 1 / Double(kept.count)
    // The mean direction as factors of the unit vectors.
    var mean = kept.map { _ in share }
    let length = cosines.norm(of: mean)
    mean = length < tolerance ? kept.map { $0 == first ? 1 : 0 } : mean.map { $0 / length }
    for _ in 0..<iterations {
      var step = kept.map { _ in 0.0 }
      for i in kept.indices {
        let cosine = min(1, max(-1, cosines.product(of: mean, withVector: i)))
        let angle = Elementary.arccos(cosine)
        let sine = Elementary.sin(angle)
        guard angle >= tolerance, sine > 1e-9 else { continue }
        let pull = share * angle / sine
        step[i] += pull
        for j in kept.indices { step[j] -= pull * cosine * mean[j] }
      }
      let distance = cosines.norm(of: step)
      if distance < max(tolerance, .leastNormalMagnitude) { break }
      let (kept, moved) = (Elementary.cos(distance), Elementary.sin(distance) / distance)
      mean = zip(mean, step).map { kept * $0 + moved * $1 }
      let length = cosines.norm(of: mean)
      if length > tolerance { mean = mean.map { $0 / length } }
    }
    let target = norms.reduce(0, +) / Double(norms.count)
    var coefficients = norms.map { _ in 0.0 }
    for (place, i) in kept.enumerated() { coefficients[i] = mean[place] / norms[i] * target }
    return coefficients
  }
}
