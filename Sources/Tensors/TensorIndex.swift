/// What a header says about one tensor.
public struct TensorDescription: Hashable, Sendable {
  /// The name in the file.
  public var name: String
  /// The element type.
  public var dtype: DType
  /// The extents, outermost first.
  public var shape: Shape

  /// Makes a description.
  public init(name: String, dtype: DType, shape: Shape) {
    self.name = name
    self.dtype = dtype
    self.shape = shape
  }

  /// The size of the tensor's elements in bytes.
  public var byteCount: Int { shape.elementCount * dtype.byteCount }
}

/// The tensors of a checkpoint in the order of its files: all that planning needs to know about the weights.
public struct TensorIndex: Hashable, Sendable {
  /// The tensors, in the order of the files.
  public let tensors: [TensorDescription]
  private let positions: [String: Int]

  /// Makes an index; of tensors with equal names the first one is found by name.
  public init(_ tensors: [TensorDescription]) {
    self.tensors = tensors
    positions = Dictionary(zip(tensors.map(\.name), tensors.indices), uniquingKeysWith: { first, _ in first })
  }

  /// The tensor of this name, or nil.
  public subscript(name: String) -> TensorDescription? { positions[name].map { tensors[$0] } }

  /// The size of all tensors in bytes.
  public var byteCount: Int { tensors.reduce(0) { $0 + $1.byteCount } }

  /// The number of elements of all tensors.
  public var elementCount: Int { tensors.reduce(0) { $0 + $1.shape.elementCount } }
}
