/// A run of bytes that elements are taken from: a part of the file, or something that must be computed.
enum StoredBytes: Sendable {
  /// A part of the mapped file.
  case file(Range<Int>)
  /// Bytes that the reader of the header already had in hand.
  case literal([UInt8])
  /// A part of what deflated bytes of the file inflate to.
  case deflated(DeflatedBytes, Range<Int>)

  /// How much is inflated at once for elements that lie scattered.
  private static let pieceSize = 8 << 20

  /// How many bytes there are.
  var count: Int {
    switch self {
    case .file(let range): range.count
    case .literal(let bytes): bytes.count
    case .deflated(_, let part): part.count
    }
  }

  /// What the form is called, or nil if the bytes are simply there.
  var storage: String? {
    if case .deflated = self { return "deflated" }
    return nil
  }

  /// The bytes of the file behind it.
  var storedBytes: Range<Int>? {
    switch self {
    case .file(let range): range
    case .literal: nil
    case .deflated(let bytes, _): bytes.data
    }
  }

  /// Copies a range of the bytes.
  func read(
    _ range: Range<Int>, of file: UnsafeRawBufferPointer, into destination: UnsafeMutableRawBufferPointer
  ) throws(DecodingError) {
    if case .deflated(let bytes, let part) = self {
      return try bytes.read(
        part.lowerBound + range.lowerBound..<part.lowerBound + range.upperBound, of: file, into: destination)
    }
    try withBytes(range, of: file) { bytes, start throws(DecodingError) in
      destination.copyMemory(
        from: UnsafeRawBufferPointer(rebasing: bytes[range.lowerBound - start..<range.upperBound - start]))
    }
  }

  /// A range cut into pieces that ``withBytes(_:of:_:)`` can be asked for without taking much memory.
  func pieces(of range: Range<Int>, elementSize: Int) -> [Range<Int>] {
    guard case .deflated = self else { return [range] }
    let step = max(1, Self.pieceSize / elementSize) * elementSize
    return stride(from: range.lowerBound, to: range.upperBound, by: step).map {
      $0..<min($0 + step, range.upperBound)
    }
  }

  /// Calls `body` with bytes that contain a range, and the number of the first of them.
  func withBytes(
    _ range: Range<Int>, of file: UnsafeRawBufferPointer,
    _ body: (UnsafeRawBufferPointer, Int) throws(DecodingError) -> Void
  ) throws(DecodingError) {
    switch self {
    case .file(let place): try body(UnsafeRawBufferPointer(rebasing: file[place]), 0)
    case .literal(let bytes): try bytes.withBytes { bytes throws(DecodingError) in try body(bytes, 0) }
    case .deflated:
      let room = UnsafeMutableRawBufferPointer.allocate(byteCount: range.count, alignment: 16)
      defer { room.deallocate() }
      try read(range, of: file, into: room)
      try body(UnsafeRawBufferPointer(room), range.lowerBound)
    }
  }
}
