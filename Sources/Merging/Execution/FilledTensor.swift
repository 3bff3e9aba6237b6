internal import Kernels
internal import Tensors

/// A tensor with further rows behind its own, taken from another tensor that has them at the same place.
struct FilledTensor: TensorSource {
  let index: TensorIndex
  private let own: (source: any TensorSource, tensor: TensorDescription)
  private let other: (source: any TensorSource, tensor: TensorDescription)

  /// What comes of filling a tensor: it keeps its name, and its dtype if that is the other's too.
  static func description(of tensor: TensorDescription, filledFrom other: TensorDescription) -> TensorDescription {
    TensorDescription(
      name: tensor.name, dtype: tensor.dtype == other.dtype ? tensor.dtype : .float32, shape: other.shape)
  }

  /// Fills a tensor up.
  ///
  /// - Parameter other: a tensor with as many columns and at least as many rows.
  init(
    _ tensor: TensorDescription, in source: any TensorSource, filledFrom other: TensorDescription,
    in otherSource: any TensorSource
  ) throws {
    let (inner, outer) = (tensor.shape.dimensions, other.shape.dimensions)
    guard inner.count == outer.count, inner.dropFirst() == outer.dropFirst(),
      tensor.shape.elementCount <= other.shape.elementCount
    else { throw TensorSourceError.outOfRange(tensor.name) }
    own = (source, tensor)
    self.other = (otherSource, other)
    index = TensorIndex([Self.description(of: tensor, filledFrom: other)])
  }

  func read(
    _ tensor: String, elements range: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    let dtype = try checkRequest(tensor, elements: range, into: destination).dtype
    let end = own.tensor.shape.elementCount
    let parts = [
      (own, range.clamped(to: 0..<end)), (other, range.clamped(to: end..<max(end, other.tensor.shape.elementCount))),
    ]
    for ((source, tensor), part) in parts where !part.isEmpty {
      let start = (part.lowerBound - range.lowerBound) * dtype.byteCount
      let place = UnsafeMutableRawBufferPointer(
        rebasing: destination[start..<start + part.count * dtype.byteCount])
      try Self.read(tensor, of: source, elements: part, as: dtype, into: place)
    }
  }

  private static func read(
    _ tensor: TensorDescription, of source: any TensorSource, elements: Range<Int>, as dtype: DType,
    into destination: UnsafeMutableRawBufferPointer
  ) throws {
    if tensor.dtype == dtype { return try source.read(tensor.name, elements: elements, into: destination) }
    let size = elements.count * tensor.dtype.byteCount
    let stored = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
    defer { stored.deallocate() }
    try source.read(tensor.name, elements: elements, into: stored)
    var values = [Float](repeating: 0, count: elements.count)
    guard let first = stored.baseAddress else { return }
    values.withUnsafeMutableBufferPointer { values in
      guard let start = values.baseAddress else { return }
      VectorKernels.best.toFloat32(from: first, dtype: tensor.dtype, count: elements.count, into: start)
    }
    values.withUnsafeBytes { destination.copyMemory(from: $0) }
  }
}
