/// Reads structures in Thrift's compact protocol, which Parquet's metadata is written in.
///
/// Source: the Thrift compact protocol specification; Parquet's `parquet.thrift`.
struct ThriftReader {
  /// The types of fields.
  enum Kind: UInt8 {
    case yes = 1
    case no = 2
    case byte = 3
    case i16 = 4
    case i32 = 5
    case i64 = 6
    case double = 7
    case binary = 8
    case list = 9
    case set = 10
    case map = 11
    case structure = 12
  }

  /// How deep structures may nest; Parquet's nest about six deep.
  private static let maximumDepth = 32

  var bytes: ByteReader

  init(_ slice: ArraySlice<UInt8>) { bytes = ByteReader(slice) }

  /// Visits the fields of a structure; `visit` reads the field's value, or returns false to have it skipped.
  mutating func structure(
    _ visit: (inout ThriftReader, _ field: Int, Kind) throws(ParquetFault) -> Bool
  ) throws(ParquetFault) {
    var field = 0
    while true {
      let header = try bytes.byte()
      if header == 0 { return }
      guard let kind = Kind(rawValue: header & 0x0F) else { throw ParquetFault("the metadata has an unknown type") }
      let step = Int(header >> 4)
      field = step > 0 ? field + step : try integer()
      guard (1...Int(Int16.max)).contains(field) else { throw ParquetFault("the metadata has an impossible field") }
      if try !visit(&self, field, kind) { try skip(kind, depth: 0) }
    }
  }

  /// A signed number.
  mutating func integer() throws(ParquetFault) -> Int {
    let value = try bytes.variable()
    return Int(truncatingIfNeeded: value >> 1) ^ -Int(value & 1)
  }

  /// A number that counts something.
  mutating func natural(_ what: String) throws(ParquetFault) -> Int {
    let number = try integer()
    guard number >= 0 else { throw ParquetFault("the \(what) is negative") }
    return number
  }

  mutating func text() throws(ParquetFault) -> String {
    String(decoding: try bytes.take(try bytes.count()), as: UTF8.self)
  }

  /// The count of a list's elements, and their type.
  mutating func list() throws(ParquetFault) -> (count: Int, kind: Kind) {
    let header = try bytes.byte()
    let count = (header >> 4) == 15 ? try bytes.count() : Int(header >> 4)
    // Every element takes at least a byte.
    guard count <= bytes.remaining, let kind = Kind(rawValue: header & 0x0F) else {
      throw ParquetFault("a list of the metadata is longer than the metadata")
    }
    return (count, kind)
  }

  private mutating func skip(_ kind: Kind, depth: Int) throws(ParquetFault) {
    guard depth < Self.maximumDepth else { throw ParquetFault("the metadata nests too deep") }
    switch kind {
    case .yes, .no: break
    case .byte: _ = try bytes.byte()
    case .i16, .i32, .i64: _ = try bytes.variable()
    case .double: _ = try bytes.take(8)
    case .binary: _ = try bytes.take(try bytes.count())
    case .list, .set:
      let (count, element) = try list()
      for _ in 0..<count { try skipElement(element, depth: depth + 1) }
    case .map:
      let count = try bytes.count()
      guard count > 0 else { return }
      guard count <= bytes.remaining else { throw ParquetFault("a map of the metadata is longer than the metadata") }
      let kinds = try bytes.byte()
      guard let key = Kind(rawValue: kinds >> 4), let value = Kind(rawValue: kinds & 0x0F) else {
        throw ParquetFault("the metadata has an unknown type")
      }
      for _ in 0..<count {
        try skipElement(key, depth: depth + 1)
        try skipElement(value, depth: depth + 1)
      }
    case .structure:
      while true {
        let header = try bytes.byte()
        if header == 0 { return }
        guard let kind = Kind(rawValue: header & 0x0F) else { throw ParquetFault("the metadata has an unknown type") }
        if (header >> 4) == 0 { _ = try bytes.variable() }
        try skip(kind, depth: depth + 1)
      }
    }
  }

  /// Truth values take a byte in lists, and none as fields.
  private mutating func skipElement(_ kind: Kind, depth: Int) throws(ParquetFault) {
    switch kind {
    case .yes, .no: _ = try bytes.byte()
    default: try skip(kind, depth: depth)
    }
  }
}
