internal import Tensors

/// A model's weights with other rows in its embedding and head, gathered while they are read.
struct RemappedWeights: ForwardingSource {
  /// All tensors, those with new rows in their new shapes.
  let index: TensorIndex
  private let weights: any TensorSource
  private let gathered: [String: RowGather]

  /// - Parameters:
  ///   - weights: the model's own weights.
  ///   - gathered: the tensors with new rows; those that the model does not have come last.
  init(_ weights: any TensorSource, gathered: [RowGather]) {
    self.weights = weights
    self.gathered = Dictionary(gathered.map { ($0.output.name, $0) }, uniquingKeysWith: { first, _ in first })
    var tensors = weights.index.tensors
    for place in tensors.indices {
      if let gather = self.gathered[tensors[place].name] { tensors[place] = gather.output }
    }
    index = TensorIndex(tensors + gathered.map(\.output).filter { weights.index[$0.name] == nil })
  }

  func read(
    _ tensor: String, elements range: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    _ = try checkRequest(tensor, elements: range, into: destination)
    if let gather = gathered[tensor] {
      try gather.read(range, into: destination)
    } else {
      try weights.read(tensor, elements: range, into: destination)
    }
  }

  func origin(of tensor: String) -> (any TensorSource)? { gathered[tensor] == nil ? weights : nil }

  func region(of tensor: String) throws -> TensorRegion? {
    gathered[tensor] == nil ? try weights.region(of: tensor) : nil
  }
}
