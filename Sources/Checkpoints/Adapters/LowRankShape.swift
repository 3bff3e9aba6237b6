internal import Tensors

/// How the two matrices of an update fit the tensor that they change.
///
/// With A from inputs to ranks and B from ranks to outputs, B A is outputs × inputs. A linear layer stores its weight
/// so; the convolutions of GPT-2 and embeddings store it with the inputs first, and then A comes first, transposed.
struct LowRankShape {
  let rank: Int
  let outputs: Int
  let experts: Int
  /// Whether rows of the tensor are inputs.
  let hasInputsFirst: Bool
  private let inward: LowRankFactor
  private let outward: LowRankFactor

  /// Describes an update; nil if the shapes disagree.
  ///
  /// - Parameters:
  ///   - prefersInputsFirst: how the tensor is stored if its shape fits either way.
  ///   - isExpert: whether the tensor is a parameter by itself, with a matrix for each expert.
  init?(
    _ inward: TensorDescription, _ outward: TensorDescription, target: TensorDescription, isEmbedding: Bool,
    prefersInputsFirst: Bool, isExpert: Bool
  ) {
    let (a, b, w) = (inward.shape.dimensions, outward.shape.dimensions, target.shape.dimensions)
    guard w.count >= 2, a.count >= 2, b.count >= 2, target.shape.elementCount > 0 else { return nil }
    let isStack = isExpert && w.count == 3 && a.count == 2
    experts = isStack ? w[0] : 1
    guard a[0] == b[1], a[0] > 0, a[0] % experts == 0 else { return nil }
    rank = a[0] / experts
    outputs = b[0]
    let stored = Array(w.dropFirst(isStack ? 1 : 0))
    // Beside inputs and outputs a convolution has the extents of its kernel, which A has too and B as ones.
    guard a.count == stored.count, b.count == stored.count, b.dropFirst(2).allSatisfy({ $0 == 1 }) else { return nil }
    let fits = stored[0] == outputs && Array(stored.dropFirst()) == Array(a.dropFirst())
    let fitsTurned = stored.count == 2 && stored == [a[1], outputs]
    switch (fits, fitsTurned) {
    case (_, true) where isEmbedding: hasInputsFirst = true
    case (true, false) where !isEmbedding: hasInputsFirst = false
    case (false, true): hasInputsFirst = true
    case (true, true): hasInputsFirst = prefersInputsFirst
    default: return nil
    }
    self.inward = LowRankFactor(
      tensor: StoredNumbers(name: inward.name, dtype: inward.dtype), storedColumns: a.dropFirst().reduce(1, *),
      ranksAreRows: true, rank: rank, experts: experts)
    self.outward = LowRankFactor(
      tensor: StoredNumbers(name: outward.name, dtype: outward.dtype), storedColumns: a[0], ranksAreRows: false,
      rank: rank, experts: experts)
  }

  /// The update.
  func update(scale: Float) -> LowRankUpdate {
    hasInputsFirst
      ? LowRankUpdate(left: inward, right: outward, scale: scale)
      : LowRankUpdate(left: outward, right: inward, scale: scale)
  }
}
