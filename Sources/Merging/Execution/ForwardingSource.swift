internal import Checkpoints
internal import Tensors

/// A source that hands on some tensors of another as they are, so that readers can go there directly.
protocol ForwardingSource: TensorSource {
  /// Where a tensor comes from unchanged, under the same name; nil if it does not.
  func origin(of tensor: String) -> (any TensorSource)?
}

extension TensorSource {
  /// The source that a tensor finally comes from.
  func lastOrigin(of tensor: String) -> any TensorSource {
    guard let next = (self as? any ForwardingSource)?.origin(of: tensor) else { return self }
    return next.lastOrigin(of: tensor)
  }
}

extension AdaptedTensors: ForwardingSource {
  /// The model without the adapter, for tensors that the adapter leaves alone.
  func origin(of tensor: String) -> (any TensorSource)? { changes(tensor) ? nil : base }
}
