internal import Kernels
internal import Tensors

/// NearSwap: takes the other model's element where it is near the base's, less of it the farther away it is.
///
/// w = clamp(t / max(|x − base|, 1e-6), 0, 1), out = w·x + (1−w)·base: no element moves by more than t.
/// From the model card of alchemonaut/QuartetAnemoi-70B-t0.0001. A bad idea with a t above typical differences:
/// the result is the other model.
struct NearSwap: MergeMethod, Hashable {
  var t = 0.0

  static let card = MethodCard<NearSwap>(
    name: "nearswap", title: "NearSwap",
    summary: "Moves each element of the base towards another model's, by at most t.",
    formula: "w = clamp(t / max(abs(x - base), 1e-6), 0, 1); out = w*x + (1-w)*base",
    reference: "alchemonaut 2024, QuartetAnemoi-70B-t0.0001, and mergekit's nearswap",
    inputs: 2...2, base: .required,
    parameters: [.number("t", \.t, "How far an element moves at most; 0 and less give the base model.")],
    laws: [.idempotent, .endPoints])

  func begin(_ task: MergeTask) throws(MergeMethodError) -> any TensorMerge {
    guard let base = task.base else { throw MergeMethodError("nearswap needs a base model") }
    return SinglePass(BoundedMove(base: base, other: 1 - base, limit: Float(t)))
  }
}

/// From the base towards another input, by a bounded distance for each element.
private struct BoundedMove: Combination {
  let base: Int
  let other: Int
  let limit: Float

  var takesBFloat16: Bool { true }

  func combine(_ block: InputBlock, into output: UnsafeMutableBufferPointer<Float>) {
    VectorKernels.best.moveTowards(
      block.address(other), from: block.address(base), bfloat16: block.isBFloat16, by: limit, into: output)
  }
}

/// A merge that knows all it has to before it has seen an element.
final class SinglePass: TensorMerge {
  private let combination: any Combination

  init(_ combination: any Combination) { self.combination = combination }

  func nextPass() throws(MergeMethodError) -> MergePass { .combine(combination) }
}
