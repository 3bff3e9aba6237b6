public import Tensors

/// A checkpoint's tensors as the model has them: renamed, unpacked and turned as a list of derivations says.
public struct DerivedTensors: TensorSource {
  /// The tensors that readers see, in the order of the list.
  public let index: TensorIndex
  private let derivations: [String: any TensorDerivation]
  private let checkpoint: any TensorSource

  /// Derives tensors; of those with equal names the first one counts.
  public init(_ tensors: [DerivedTensor], from checkpoint: any TensorSource) {
    index = TensorIndex(tensors.map(\.description))
    derivations = Dictionary(
      tensors.map { ($0.description.name, $0.derivation) }, uniquingKeysWith: { first, _ in first })
    self.checkpoint = checkpoint
  }

  /// Copies derived elements.
  public func read(
    _ tensor: String, elements range: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    _ = try checkRequest(tensor, elements: range, into: destination)
    guard let derivation = derivations[tensor] else { throw TensorSourceError.noSuchTensor(tensor) }
    guard !range.isEmpty else { return }
    try derivation.read(range, from: checkpoint, into: destination)
  }

  /// The bytes of a tensor that is only renamed.
  public func region(of tensor: String) throws -> TensorRegion? {
    guard let derivation = derivations[tensor] else { throw TensorSourceError.noSuchTensor(tensor) }
    return try derivation.region(in: checkpoint)
  }

  /// How a tensor comes from what is stored, or nil if there is no such tensor.
  public func derivation(of tensor: String) -> (any TensorDerivation)? { derivations[tensor] }
}
