public import Tensors

/// Computes a model's tensor from stored ones: under another name, transposed, or from a packed form and its scales.
///
/// Implementing: a value that knows the names of what it needs; shapes and dtypes have been checked when it was made.
/// `read` is called from several threads at once, with any range.
public protocol TensorDerivation: Sendable {
  /// The stored tensors that it reads.
  var sources: [String] { get }

  /// Delivers elements in row-major order and the dtype that the derived tensor's description states.
  func read(
    _ elements: Range<Int>, from checkpoint: any TensorSource, into destination: UnsafeMutableRawBufferPointer
  ) throws

  /// The bytes of the tensor without a copy, or nil.
  func region(in checkpoint: any TensorSource) throws -> TensorRegion?
}

extension TensorDerivation {
  /// No bytes are at hand without a copy.
  public func region(in checkpoint: any TensorSource) throws -> TensorRegion? { nil }
}

/// A tensor as the model has it, and how it comes from what is stored.
public struct DerivedTensor: Sendable {
  /// The name, dtype and shape that readers see.
  public var description: TensorDescription
  /// How its elements are had.
  public var derivation: any TensorDerivation

  /// Makes a derived tensor.
  public init(description: TensorDescription, derivation: any TensorDerivation) {
    self.description = description
    self.derivation = derivation
  }
}

/// A stored tensor under another name or with another shape of as many elements.
public struct RenamedTensor: TensorDerivation {
  /// The name in the file.
  public var source: String

  /// Makes a renaming.
  public init(_ source: String) { self.source = source }

  /// The stored tensor.
  public var sources: [String] { [source] }

  /// Reads the stored tensor.
  public func read(
    _ elements: Range<Int>, from checkpoint: any TensorSource, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    try checkpoint.read(source, elements: elements, into: destination)
  }

  /// The stored tensor's bytes.
  public func region(in checkpoint: any TensorSource) throws -> TensorRegion? { try checkpoint.region(of: source) }
}
