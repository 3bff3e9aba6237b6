/// Walks through the fields of a message in the protocol buffer encoding; no length is believed before it is seen to
/// fit what remains of the message.
struct ProtobufFields {
  /// What a field holds; messages and texts are places in the file.
  enum Value: Equatable {
    case number(UInt64)
    case fixed64(UInt64)
    case bytes(Range<Int>)
    case fixed32(UInt32)
  }

  private let bytes: UnsafeRawBufferPointer
  private let end: Int
  private let format: String
  private let file: String
  /// The byte that is read next.
  private(set) var offset: Int

  /// Begins with a whole file or, if a place is given, a message in it.
  init(_ bytes: UnsafeRawBufferPointer, in range: Range<Int>? = nil, format: String, file: String) {
    self.bytes = bytes
    let range = range ?? 0..<bytes.count
    offset = range.lowerBound
    end = range.upperBound
    self.format = format
    self.file = file
  }

  /// The message at a place that a field gave.
  func message(at range: Range<Int>) -> ProtobufFields {
    ProtobufFields(bytes, in: range, format: format, file: file)
  }

  /// The next field, or nil at the end.
  mutating func next() throws(FormatError) -> (number: Int, value: Value)? {
    guard offset < end else { return nil }
    let start = offset
    let tag = try number()
    // Field numbers have 29 bits.
    guard tag >> 3 > 0, tag >> 3 < 1 << 29 else { throw failure(at: start, "the field number \(tag >> 3)") }
    let field = Int(tag >> 3)
    switch tag & 7 {
    case 0: return (field, .number(try number()))
    case 1: return (field, .fixed64(try fixed()))
    case 2:
      let place = offset
      let length = try number()
      guard length <= UInt64(end - offset) else {
        throw failure(
          at: place, "a field of \(length) bytes, but only \(end - offset) follow",
          expected: "a file that was written or downloaded completely")
      }
      defer { offset += Int(length) }
      return (field, .bytes(offset..<offset + Int(length)))
    case 5: return (field, .fixed32(try fixed()))
    case let kind: throw failure(at: start, "a field of the kind \(kind)", expected: "0, 1, 2 or 5")
    }
  }

  /// An error at a place of the file.
  func failure(at place: Int, _ found: String, expected: String? = nil) -> FormatError {
    FormatError(file: file, format: format, offset: place, found: found, expected: expected)
  }

  /// A number of seven bits a byte.
  private mutating func number() throws(FormatError) -> UInt64 {
    let start = offset
    var number: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard offset < end else { throw failure(at: offset, "the end within a number") }
      let byte = bytes[offset]
      offset += 1
      number |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 {
        guard shift < 63 || byte <= 1 else { break }
        return number
      }
    }
    throw failure(at: start, "a number of more than 64 bits")
  }

  private mutating func fixed<Number: FixedWidthInteger>() throws(FormatError) -> Number {
    let size = MemoryLayout<Number>.size
    guard end - offset >= size else { throw failure(at: offset, "the end within a number of \(size) bytes") }
    defer { offset += size }
    return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
  }
}
