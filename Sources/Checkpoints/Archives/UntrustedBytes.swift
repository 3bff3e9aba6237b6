/// The bytes of a file that nobody vouches for: numbers are read where there are bytes for them, and what is wrong
/// becomes an error of the file's format.
struct UntrustedBytes {
  /// All bytes of the file.
  let bytes: UnsafeRawBufferPointer
  /// The file's name, for errors.
  let file: String
  /// The name of the format, for errors.
  let format: String

  /// How many bytes there are.
  var count: Int { bytes.count }

  /// The little-endian number of two bytes; nil if the file ends before it does.
  func uint16(at offset: Int) -> Int? { number(at: offset, UInt16.self) }

  /// The little-endian number of four bytes; nil if the file ends before it does.
  func uint32(at offset: Int) -> Int? { number(at: offset, UInt32.self) }

  /// The little-endian number of eight bytes; nil if the file ends before it does, or if no file can be as long.
  func uint64(at offset: Int) -> Int? { number(at: offset, UInt64.self) }

  private func number<Word: FixedWidthInteger>(at offset: Int, _ type: Word.Type) -> Int? {
    guard offset >= 0, offset <= bytes.count - MemoryLayout<Word>.size else { return nil }
    return Int(exactly: Word(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Word.self)))
  }

  /// So many bytes from an offset; nil if that goes beyond the end.
  func slice(at offset: Int, count: Int) -> UnsafeRawBufferPointer? {
    guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else { return nil }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
  }

  /// What is wrong, and where.
  func fault(
    at offset: Int? = nil, tensor: String? = nil, _ found: String, expected: String? = nil
  ) -> FormatError {
    FormatError(file: file, format: format, offset: offset, tensor: tensor, found: found, expected: expected)
  }
}
