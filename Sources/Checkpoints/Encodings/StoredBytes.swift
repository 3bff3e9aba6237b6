/// A run of bytes that elements are taken from: a part of the file, or something that must be computed.
enum StoredBytes: Sendable {
  /// A part of the mapped file.
  case file(Range<Int>)
  /// Bytes that the reader of the header already had in hand.
  case literal([UInt8])

  /// How many bytes there are.
  var count: Int {
    switch self {
    case .file(let range): range.count
    case .literal(let bytes): bytes.count
    }
  }

  /// What the form is called, or nil if the bytes are simply there.
  var storage: String? { nil }

  /// The bytes of the file behind it.
  var storedBytes: Range<Int>? {
    switch self {
    case .file(let range): range
    case .literal: nil
    }
  }

  /// Copies a range of the bytes.
  func read(
    _ range: Range<Int>, of file: UnsafeRawBufferPointer, into destination: UnsafeMutableRawBufferPointer
  ) throws(DecodingError) {
    try withBytes(range, of: file) { bytes, start throws(DecodingError) in
      destination.copyMemory(
        from: UnsafeRawBufferPointer(rebasing: bytes[range.lowerBound - start..<range.upperBound - start]))
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
    }
  }
}
