/// Walks through a GGUF header; no length is believed before it is seen to fit what remains of the file.
struct GGUFCursor {
  let bytes: UnsafeRawBufferPointer
  let file: String
  /// The byte that is read next.
  private(set) var offset = 0

  init(_ bytes: UnsafeRawBufferPointer, file: String) {
    self.bytes = bytes
    self.file = file
  }

  /// How many bytes follow.
  var remaining: Int { bytes.count - offset }

  /// A number of fixed size.
  mutating func number<Number: FixedWidthInteger>(
    _ what: String, as type: Number.Type = Number.self
  ) throws(FormatError) -> Number {
    let size = MemoryLayout<Number>.size
    guard remaining >= size else { throw endOfFile(what, needed: size) }
    defer { offset += size }
    return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
  }

  /// How many things follow, of which each takes at least so many bytes.
  mutating func count(_ what: String, each size: Int) throws(FormatError) -> Int {
    let start = offset
    let count = try number("the number of \(what)", as: UInt64.self)
    guard count <= UInt64(remaining / size) else {
      throw failure(
        at: start, "\(count) \(what), but only \(remaining) bytes follow",
        expected: "a file that was written or downloaded completely")
    }
    return Int(count)
  }

  /// Steps over a text and says where it is.
  mutating func text(_ what: String, limit: Int = .max) throws(FormatError) -> Range<Int> {
    let start = offset
    let length = try number("the length of \(what)", as: UInt64.self)
    guard length <= UInt64(limit) else {
      throw failure(at: start, "\(what) of \(length) bytes", expected: "at most \(limit)")
    }
    guard length <= UInt64(remaining) else {
      throw failure(
        at: start, "\(what) of \(length) bytes, but only \(remaining) follow",
        expected: "a file that was written or downloaded completely")
    }
    defer { offset += Int(length) }
    return offset..<offset + Int(length)
  }

  /// A text that names something.
  mutating func name(_ what: String) throws(FormatError) -> String {
    let range = try text(what, limit: GGUF.maximumNameLength)
    guard let name = String(validating: bytes[range], as: UTF8.self) else {
      throw failure(at: range.lowerBound, "\(what) that is not UTF-8")
    }
    return name
  }

  /// Steps over bytes that have been seen to be there.
  mutating func skip(_ count: Int) { offset += count }

  /// An error at a place of the file.
  func failure(
    at place: Int, tensor: String? = nil, _ found: String, expected: String? = nil
  ) -> FormatError {
    FormatError(file: file, format: GGUF.name, offset: place, tensor: tensor, found: found, expected: expected)
  }

  private func endOfFile(_ what: String, needed: Int) -> FormatError {
    failure(at: offset, "the file ends after \(bytes.count) bytes", expected: "\(needed) bytes with \(what)")
  }
}
