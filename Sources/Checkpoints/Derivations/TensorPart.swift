public import Tensors

/// One of several tensors of equal shapes that are stored as one, one after another: an expert of a mixture.
public struct TensorPart: TensorDerivation {
  /// The name of the tensor that holds all of them.
  public let source: String
  private let start: Int

  /// Describes a part by its number along the first extent; nil if there is no such part.
  public init?(_ source: TensorDescription, number: Int) {
    guard let count = source.shape.dimensions.first, number >= 0, number < count else { return nil }
    self.source = source.name
    start = number * source.shape.dimensions.dropFirst().reduce(1, *)
  }

  /// The tensor that holds all of them.
  public var sources: [String] { [source] }

  /// Reads a part of it.
  public func read(
    _ elements: Range<Int>, from checkpoint: any TensorSource, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    try checkpoint.read(
      source, elements: start + elements.lowerBound..<start + elements.upperBound, into: destination)
  }
}
