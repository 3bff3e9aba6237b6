public import Tensors

/// A stored tensor with its extents in another order: what frameworks disagree about.
///
/// Elements that are in memory are collected from there; others are read in blocks of rows, so that no more than a
/// block is held, and each read of a part of the tensor goes over the stored one once.
public struct TransposedTensor: TensorDerivation {
  /// The name in the file.
  public let source: String
  /// Which stored extent each extent of the tensor is.
  public let permutation: [Int]
  /// The shape that the tensor has.
  public let shape: Shape

  private let stored: [Int]
  private let elementSize: Int
  private let places: StridedElements

  /// How many bytes of a stored tensor are held at once, if its rows are not longer.
  private static let blockSize = 8 << 20

  /// Describes a transposition; nil unless the permutation has each stored extent once.
  public init?(_ source: TensorDescription, permutation: [Int]) {
    let stored = source.shape.dimensions
    guard permutation.sorted() == Array(stored.indices), let plain = StridedElements.rowMajor(stored),
      let places = StridedElements(shape: permutation.map { stored[$0] }, strides: permutation.map { plain[$0] })
    else { return nil }
    self.source = source.name
    self.permutation = permutation
    self.stored = stored
    elementSize = source.dtype.byteCount
    self.places = places
    shape = Shape(places.shape)
  }

  /// The stored tensor.
  public var sources: [String] { [source] }

  /// Delivers elements in the new order.
  public func read(
    _ elements: Range<Int>, from checkpoint: any TensorSource, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    guard !elements.isEmpty, let target = destination.baseAddress else { return }
    let rowLength = stored.dropFirst().reduce(1, *)
    if let region = try checkpoint.region(of: source), let base = region.bytes.baseAddress {
      return withExtendedLifetime(region) {
        places.gather(elements, size: elementSize, in: 0..<shape.elementCount, from: base, into: target)
      }
    }
    // Of the stored rows only those that occur among the elements.
    let axis = permutation.firstIndex(of: 0)
    let needed = axis.map { ElementBox(of: elements, in: shape.dimensions).ranges[$0] } ?? 0..<1
    let step = max(1, min(Self.blockSize / (rowLength * elementSize), needed.count))
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: step * rowLength * elementSize, alignment: 16)
    defer { block.deallocate() }
    guard let base = block.baseAddress else { return }
    for start in stride(from: needed.lowerBound, to: needed.upperBound, by: step) {
      let window = start * rowLength..<min(start + step, needed.upperBound) * rowLength
      try checkpoint.read(
        source, elements: window,
        into: UnsafeMutableRawBufferPointer(rebasing: block[..<(window.count * elementSize)]))
      places.gather(elements, size: elementSize, in: window, from: base, into: target)
    }
  }
}
