/// A run of a tensor's elements on its way to a file: where it goes and how much room it takes there.
public struct StoredBand: Hashable, Sendable {
  /// The tensor, by its place in the layout.
  public var tensor: Int
  /// The elements.
  public var elements: Range<Int>
  /// The offset in its file of the first stored byte.
  ///
  /// A buffer whose address agrees with this modulo the size of a page is written fastest.
  public var fileOffset: Int
  /// How many bytes are stored for the elements.
  public var byteCount: Int
  /// Whether the stored bytes are those of the elements as they are handed over.
  public var isPlain: Bool

  /// Describes a band.
  public init(tensor: Int, elements: Range<Int>, fileOffset: Int, byteCount: Int, isPlain: Bool = true) {
    self.tensor = tensor
    self.elements = elements
    self.fileOffset = fileOffset
    self.byteCount = byteCount
    self.isPlain = isPlain
  }
}
