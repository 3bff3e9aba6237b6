public import Tensors

/// A model's tensors with an adapter applied to them while they are read; nothing is copied or kept.
public struct AdaptedTensors: TensorSource {
  /// The model's tensors, and behind them a head of its own where the adapter parts it from the embedding.
  public let index: TensorIndex
  private let adaptations: [String: TensorAdaptation]
  /// The model without the adapter.
  package let base: any TensorSource
  private let adapter: any TensorSource

  init(_ adaptations: [TensorAdaptation], of base: any TensorSource, adapter: any TensorSource) {
    let byName = Dictionary(adaptations.map { ($0.description.name, $0) }, uniquingKeysWith: { first, _ in first })
    let added = adaptations.map(\.description).filter { base.index[$0.name] == nil }
    index = added.isEmpty ? base.index : TensorIndex(base.index.tensors + added)
    self.adaptations = byName
    self.base = base
    self.adapter = adapter
  }

  /// How many tensors differ from the model's.
  public var adaptedCount: Int { adaptations.count }

  /// Whether a tensor is not the model's own, read as the model has it.
  package func changes(_ tensor: String) -> Bool { adaptations[tensor] != nil || base.index[tensor] == nil }

  /// The most memory that one reader of a changed tensor takes beside the place for the elements, in bytes: a tile, a
  /// panel of each matrix, and elements on their way from one dtype to another.
  package static let readerByteCount = TensorAdaptation.readerByteCount

  /// Reads the model's elements and adds the adapter's share.
  public func read(
    _ tensor: String, elements range: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    _ = try checkRequest(tensor, elements: range, into: destination)
    guard let adaptation = adaptations[tensor] else { return try base.read(tensor, elements: range, into: destination) }
    try adaptation.read(range, base: base, adapter: adapter, into: destination)
  }

  /// The bytes of a tensor that the adapter leaves alone, or replaces by one of its own.
  public func region(of tensor: String) throws -> TensorRegion? {
    guard let adaptation = adaptations[tensor] else { return try base.region(of: tensor) }
    return try adaptation.region(base: base, adapter: adapter)
  }
}
