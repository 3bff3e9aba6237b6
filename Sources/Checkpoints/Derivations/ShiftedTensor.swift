public import Tensors

/// A float32 tensor with a number added to every element, rounded once.
///
/// llama.cpp stores the norms of Gemma with the 1 that transformers adds while it computes.
public struct ShiftedTensor: TensorDerivation {
  private let source: String
  private let addend: Float

  /// Describes a tensor; nil if its elements are not float32.
  public init?(_ source: TensorDescription, adding addend: Float) {
    guard source.dtype == .float32 else { return nil }
    self.source = source.name
    self.addend = addend
  }

  /// The tensor without the number.
  public var sources: [String] { [source] }

  /// Reads and adds.
  public func read(
    _ elements: Range<Int>, from checkpoint: any TensorSource, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    try checkpoint.read(source, elements: elements, into: destination)
    for start in stride(from: 0, to: destination.count, by: 4) {
      let number = destination.loadUnaligned(fromByteOffset: start, as: Float.self)
      destination.storeBytes(of: number + addend, toByteOffset: start, as: Float.self)
    }
  }
}
