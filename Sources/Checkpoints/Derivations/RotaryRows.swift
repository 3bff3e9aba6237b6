public import Tensors

/// A matrix whose rows change places within each head, as query and key projections of Llama do between transformers
/// and llama.cpp.
///
/// Rotary positions turn pairs of a head's elements. Transformers pairs row i of the first half of a head with row i
/// of the second; llama.cpp keeps a pair's rows beside each other.
public struct RotaryRows: TensorDerivation {
  /// Which of the two orders is made.
  public enum Order: Sendable {
    /// From pairs beside each other to two halves, as transformers has them.
    case halves
    /// From two halves to pairs beside each other, as llama.cpp has them.
    case pairs
  }

  /// The name of the matrix.
  public let source: String
  private let order: Order
  /// The rows of one head.
  private let rows: Int
  /// The bytes of one row, and how many elements those are.
  private let rowBytes: Int
  private let rowLength: Int

  /// Describes a matrix or a vector of as many rows; nil if its rows cannot be divided into heads of an even size.
  public init?(_ source: TensorDescription, heads: Int, order: Order) {
    guard let count = source.shape.dimensions.first, heads > 0, heads <= count / 2, count % (2 * heads) == 0 else {
      return nil
    }
    self.source = source.name
    self.order = order
    rows = count / heads
    rowLength = source.shape.dimensions.dropFirst().reduce(1, *)
    rowBytes = rowLength * source.dtype.byteCount
  }

  /// The matrix.
  public var sources: [String] { [source] }

  /// Reads head after head.
  public func read(
    _ elements: Range<Int>, from checkpoint: any TensorSource, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    guard rowLength > 0, !elements.isEmpty else { return }
    let size = rowBytes / rowLength
    let head = rows * rowLength
    var next = elements.lowerBound
    while next < elements.upperBound {
      let start = next / head * head
      let part = next - start..<min(elements.upperBound - start, head)
      let place = (next - elements.lowerBound) * size
      let target = UnsafeMutableRawBufferPointer(rebasing: destination[place..<place + part.count * size])
      // A whole head is read at once, because small reads of a mapped file leave its pages resident.
      if part.count > head / 4 {
        try withUnsafeTemporaryAllocation(byteCount: head * size, alignment: 64) { whole in
          try checkpoint.read(source, elements: start..<start + head, into: whole)
          forEachRow(of: part) { from, range, offset in
            let bytes = UnsafeRawBufferPointer(rebasing: whole[from * size..<(from + range) * size])
            UnsafeMutableRawBufferPointer(rebasing: target[offset * size..<(offset + range) * size]).copyMemory(
              from: bytes)
          }
        }
      } else {
        try forEachRow(of: part) { from, range, offset in
          try checkpoint.read(
            source, elements: start + from..<start + from + range,
            into: UnsafeMutableRawBufferPointer(rebasing: target[offset * size..<(offset + range) * size]))
        }
      }
      next = start + part.upperBound
    }
  }

  /// Calls `body` for each row that a part of a head touches: with the element of the head to read from, how many
  /// elements to read, and how far into the part they belong.
  private func forEachRow<Failure: Error>(
    of part: Range<Int>, _ body: (Int, Int, Int) throws(Failure) -> Void
  ) throws(Failure) {
    var element = part.lowerBound
    while element < part.upperBound {
      let (row, column) = (element / rowLength, element % rowLength)
      let count = min(rowLength - column, part.upperBound - element)
      let stored =
        switch order {
        case .halves: row < rows / 2 ? 2 * row : 2 * (row - rows / 2) + 1
        case .pairs: row % 2 == 0 ? row / 2 : rows / 2 + row / 2
        }
      try body(stored * rowLength + column, count, element - part.lowerBound)
      element += count
    }
  }
}
