public import Tensors

/// A matrix whose rows are queries, keys and values, head by head as GPT-NeoX has them in transformers, from one that
/// has those of all heads together, as llama.cpp stores it.
public struct HeadRows: TensorDerivation {
  /// How many parts each head has: queries, keys and values.
  static let parts = 3

  /// The name of the stored matrix.
  public let source: String
  private let heads: Int
  /// The rows of one part of one head, in bytes and in elements.
  private let blockBytes: Int
  private let blockLength: Int

  /// Describes a matrix or a vector of as many rows; nil if its rows cannot be divided into three parts of the heads.
  public init?(_ source: TensorDescription, heads: Int) {
    guard let count = source.shape.dimensions.first, heads > 0, heads <= count / Self.parts,
      count % (Self.parts * heads) == 0
    else { return nil }
    self.source = source.name
    self.heads = heads
    blockLength = count / (Self.parts * heads) * source.shape.dimensions.dropFirst().reduce(1, *)
    blockBytes = blockLength * source.dtype.byteCount
  }

  /// The stored matrix.
  public var sources: [String] { [source] }

  /// Reads part after part of each head.
  public func read(
    _ elements: Range<Int>, from checkpoint: any TensorSource, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    guard blockLength > 0 else { return }
    let size = blockBytes / blockLength
    var next = elements.lowerBound
    while next < elements.upperBound {
      let (block, inside) = next.quotientAndRemainder(dividingBy: blockLength)
      let count = min(blockLength - inside, elements.upperBound - next)
      let (head, part) = block.quotientAndRemainder(dividingBy: Self.parts)
      let start = (part * heads + head) * blockLength + inside
      let place = (next - elements.lowerBound) * size
      try checkpoint.read(
        source, elements: start..<start + count,
        into: UnsafeMutableRawBufferPointer(rebasing: destination[place..<place + count * size]))
      next += count
    }
  }
}
