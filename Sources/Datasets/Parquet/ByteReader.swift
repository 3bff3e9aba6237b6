/// Bytes read from front to back, with every step checked against what remains.
struct ByteReader {
  private let bytes: ArraySlice<UInt8>
  private(set) var position: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  var remaining: Int { bytes.endIndex - position }

  mutating func byte() throws(ParquetFault) -> UInt8 {
    guard remaining > 0 else { throw ParquetFault("the data ends too early") }
    defer { position += 1 }
    return bytes[position]
  }

  mutating func take(_ count: Int) throws(ParquetFault) -> ArraySlice<UInt8> {
    guard count >= 0, count <= remaining else {
      throw ParquetFault("\(count) bytes are announced, and \(remaining) are left")
    }
    defer { position += count }
    return bytes[position..<position + count]
  }

  /// All that is left.
  mutating func rest() -> ArraySlice<UInt8> {
    defer { position = bytes.endIndex }
    return bytes[position...]
  }

  /// A number in as many bytes, the lowest first.
  mutating func little(_ count: Int) throws(ParquetFault) -> UInt64 {
    try take(count).reversed().reduce(0) { ($0 << 8) | UInt64($1) }
  }

  /// A number in groups of seven bits, the lowest first.
  mutating func variable() throws(ParquetFault) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      let byte = try byte()
      guard shift < 63 || byte <= 1 else { break }
      value |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 { return value }
    }
    throw ParquetFault("a number is longer than 64 bits")
  }

  /// A number with a sign, in groups of seven bits; small ones of either sign take few.
  mutating func signed() throws(ParquetFault) -> Int64 {
    let value = try variable()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  /// A count that must be an `Int`.
  mutating func count() throws(ParquetFault) -> Int {
    guard let count = Int(exactly: try variable()) else { throw ParquetFault("a count is beyond all memory") }
    return count
  }
}

/// What is wrong inside a Parquet file; the reader adds the place.
struct ParquetFault: Error {
  var message: String

  init(_ message: String) { self.message = message }
}
