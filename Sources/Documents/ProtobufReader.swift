/// Walks through the fields of a message in the protocol buffer encoding; no length is believed before it is seen to
/// fit what remains of the message.
package struct ProtobufReader {
  /// What a field holds; messages and texts are places in the file.
  package enum Value: Equatable, Sendable {
    case number(UInt64)
    case fixed64(UInt64)
    case bytes(Range<Int>)
    case fixed32(UInt32)
  }

  private let bytes: UnsafeRawBufferPointer
  private let end: Int
  /// The byte that is read next.
  package private(set) var offset: Int

  /// Begins with a whole file or, if a place is given, a message in it; the bytes must stay where they are.
  package init(_ bytes: UnsafeRawBufferPointer, in range: Range<Int>? = nil) {
    self.bytes = bytes
    let range = range ?? 0..<bytes.count
    offset = range.lowerBound
    end = range.upperBound
  }

  /// The message at a place that a field gave.
  package func message(at range: Range<Int>) -> ProtobufReader { ProtobufReader(bytes, in: range) }

  /// The next field, or nil at the end.
  package mutating func next() throws(ProtobufError) -> (number: Int, value: Value)? {
    guard offset < end else { return nil }
    let start = offset
    let tag = try number()
    // Field numbers have 29 bits.
    guard tag >> 3 > 0, tag >> 3 < 1 << 29 else {
      throw ProtobufError(offset: start, found: "the field number \(tag >> 3)")
    }
    let field = Int(tag >> 3)
    switch tag & 7 {
    case 0: return (field, .number(try number()))
    case 1: return (field, .fixed64(try fixed()))
    case 2:
      let place = offset
      let length = try number()
      guard length <= UInt64(end - offset) else {
        throw ProtobufError(
          offset: place, found: "a field of \(length) bytes, but only \(end - offset) follow",
          expected: "a file that was written or downloaded completely")
      }
      defer { offset += Int(length) }
      return (field, .bytes(offset..<offset + Int(length)))
    case 5: return (field, .fixed32(try fixed()))
    case let kind:
      throw ProtobufError(offset: start, found: "a field of the kind \(kind)", expected: "0, 1, 2 or 5")
    }
  }

  /// A number of seven bits a byte.
  private mutating func number() throws(ProtobufError) -> UInt64 {
    let start = offset
    var number: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard offset < end else { throw ProtobufError(offset: offset, found: "the end within a number") }
      let byte = bytes[offset]
      offset += 1
      number |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 {
        guard shift < 63 || byte <= 1 else { break }
        return number
      }
    }
    throw ProtobufError(offset: start, found: "a number of more than 64 bits")
  }

  private mutating func fixed<Number: FixedWidthInteger>() throws(ProtobufError) -> Number {
    let size = MemoryLayout<Number>.size
    guard end - offset >= size else {
      throw ProtobufError(offset: offset, found: "the end within a number of \(size) bytes")
    }
    defer { offset += size }
    return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
  }
}

/// What is wrong with a message in the protocol buffer encoding, and where.
package struct ProtobufError: Error, Equatable {
  /// The offset of the offending byte; nil for what the message is as a whole.
  package var offset: Int?
  /// What stands there.
  package var found: String
  /// What should.
  package var expected: String?

  /// Makes an error.
  package init(offset: Int? = nil, found: String, expected: String? = nil) {
    self.offset = offset
    self.found = found
    self.expected = expected
  }
}
