internal import Tensors

/// Passthrough: the tensors of one model as they are, or scaled; for stacking layers of several models.
struct Passthrough: MergeMethod, Hashable {
  var scale: [Double] = []

  static let card = MethodCard<Passthrough>(
    name: "passthrough", title: "Passthrough",
    summary: "Copies one model's tensors, scaled if asked. With slices, it stacks layers of several models.",
    formula: "out = scale * x",
    reference: "Frankenmerges, for example alpindale/goliath-120b",
    inputs: 1...1, base: .unused,
    parameters: [.perModel("scale", \.scale, "A factor for the tensor; without one its bytes are copied.")],
    laws: [.idempotent, .homogeneous])

  func begin(_ task: MergeTask) throws(MergeMethodError) -> any TensorMerge {
    let factor = scale.first ?? .nan
    return SpanMerge(task: task, coefficients: .known([factor.isNaN ? 1 : factor]))
  }
}
