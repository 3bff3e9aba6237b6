/// Reads the values of a column's pages.
///
/// Source: the Parquet format's `Encodings.md`.
struct ColumnDecoder {
  let column: ParquetSchema.Column

  /// What a column's numbers and bytes mean.
  private enum Meaning {
    case bool
    case integer(bytes: Int, isSigned: Bool)
    case float
    case double
    case text
    case bytes(Int)
  }

  private let meaning: Meaning

  init(_ column: ParquetSchema.Column) throws(ParquetFault) {
    self.column = column
    let element = column.element
    // Dates and times are read as the numbers they are; a decimal's digits would be a number that it is not.
    if element.convertedType == 5 || element.logicalType == 5 { throw ParquetFault("the column holds decimals") }
    let isUnsigned = element.convertedType.map { (11...14).contains($0) } ?? false
    switch element.type {
    case 0: meaning = .bool
    case 1: meaning = .integer(bytes: 4, isSigned: !isUnsigned)
    case 2: meaning = .integer(bytes: 8, isSigned: true)
    case 4: meaning = .float
    case 5: meaning = .double
    case 6: meaning = .text
    case 7: meaning = .bytes(element.typeLength)
    case 3: throw ParquetFault("the column holds times of 96 bits, which are not read")
    default: throw ParquetFault("the column is of an unknown type")
    }
  }

  /// Values one after the other as they are.
  func plain(_ reader: inout ByteReader, count: Int) throws(ParquetFault) -> [DataValue] {
    var values: [DataValue] = []
    // Whatever the type, a value takes at least a bit.
    guard count <= 8 * reader.remaining else { throw ParquetFault("a page has fewer values than it says") }
    values.reserveCapacity(count)
    switch meaning {
    case .bool:
      let bytes = try reader.take((count + 7) / 8)
      for index in 0..<count { values.append(.bool(bytes[bytes.startIndex + index / 8] >> UInt8(index % 8) & 1 == 1)) }
    case .integer(let width, let isSigned):
      for _ in 0..<count {
        let bits = try reader.little(width)
        let number = width == 8 ? Int(truncatingIfNeeded: bits) : Int(Int32(truncatingIfNeeded: bits))
        values.append(.integer(isSigned ? number : Int(UInt32(truncatingIfNeeded: bits))))
      }
    case .float:
      for _ in 0..<count {
        values.append(.number(Double(Float(bitPattern: UInt32(truncatingIfNeeded: try reader.little(4))))))
      }
    case .double: for _ in 0..<count { values.append(.number(Double(bitPattern: try reader.little(8)))) }
    case .text:
      for _ in 0..<count {
        let bytes = try reader.take(Int(try reader.little(4)))
        values.append(.text(String(decoding: bytes, as: UTF8.self)))
      }
    case .bytes(let length):
      guard length > 0 else { throw ParquetFault("the column's values have no length") }
      for _ in 0..<count { values.append(.text(String(decoding: try reader.take(length), as: UTF8.self))) }
    }
    return values
  }

  /// The values of a page in one of the encodings.
  func values(
    _ reader: inout ByteReader, count: Int, encoding: Int, dictionary: [DataValue]?
  ) throws(ParquetFault) -> [DataValue] {
    switch encoding {
    case 0: return try plain(&reader, count: count)
    case 2, 8:
      guard let dictionary else { throw ParquetFault("a page refers to a dictionary that is not there") }
      guard count > 0 else { return [] }
      let width = Int(try reader.byte())
      var values: [DataValue] = []
      values.reserveCapacity(count)
      for index in try LevelDecoder.values(&reader, count: count, width: width) {
        guard Int(index) < dictionary.count else {
          throw ParquetFault("a page refers to entry \(index) of a dictionary of \(dictionary.count)")
        }
        values.append(dictionary[Int(index)])
      }
      return values
    case 3:
      guard case .bool = meaning else { throw ParquetFault("only truth values are written in runs") }
      _ = try reader.take(4)
      return try LevelDecoder.values(&reader, count: count, width: 1).map { .bool($0 == 1) }
    default:
      let names = [
        4: "BIT_PACKED", 5: "DELTA_BINARY_PACKED", 6: "DELTA_LENGTH_BYTE_ARRAY", 7: "DELTA_BYTE_ARRAY",
        9: "BYTE_STREAM_SPLIT",
      ]
      throw ParquetFault("the encoding \(names[encoding] ?? String(encoding)) is not read (PLAIN and dictionaries are)")
    }
  }
}
