/// Reads the values of a column's pages.
///
/// Source: the Parquet format's `Encodings.md`.
struct ColumnDecoder {
  let column: ParquetSchema.Column

  /// How values lie in a page.
  private enum Form {
    case bool
    case integer(bytes: Int)
    /// Nanoseconds of a day and the day of Julius Caesar's calendar, in 96 bits.
    case julian
    case float
    case double
    case text
    case bytes(Int)
  }

  private let form: Form
  private let meaning: ColumnMeaning

  init(_ column: ParquetSchema.Column) throws(ParquetFault) {
    self.column = column
    meaning = try ColumnMeaning(column.element)
    switch column.element.type {
    case 0: form = .bool
    case 1: form = .integer(bytes: 4)
    case 2: form = .integer(bytes: 8)
    case 3: form = .julian
    case 4: form = .float
    case 5: form = .double
    case 6: form = .text
    case 7:
      form = .bytes(column.element.typeLength)
      guard column.element.typeLength > 0 else { throw ParquetFault("the column's values have no length") }
    default: throw ParquetFault("the column is of an unknown type")
    }
  }

  /// The bytes of a value; nil for truth values and texts.
  private var width: Int? {
    switch form {
    case .bool, .text: nil
    case .integer(let bytes), .bytes(let bytes): bytes
    case .julian: 12
    case .float: 4
    case .double: 8
    }
  }

  /// Values one after the other as they are.
  func plain(_ reader: inout ByteReader, count: Int) throws(ParquetFault) -> [DataValue] {
    var values: [DataValue] = []
    // Whatever the type, a value takes at least a bit.
    guard count <= 8 * reader.remaining else { throw ParquetFault("a page has fewer values than it says") }
    values.reserveCapacity(count)
    if let width {
      for _ in 0..<count { values.append(try value(try reader.take(width))) }
    } else if case .text = form {
      for _ in 0..<count { values.append(try value(try reader.take(Int(try reader.little(4))))) }
    } else {
      let bytes = try reader.take((count + 7) / 8)
      for index in 0..<count { values.append(.bool(bytes[bytes.startIndex + index / 8] >> UInt8(index % 8) & 1 == 1)) }
    }
    return values
  }

  /// The value of its bytes.
  private func value(_ bytes: ArraySlice<UInt8>) throws(ParquetFault) -> DataValue {
    func little(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reversed().reduce(0) { ($0 << 8) | UInt64($1) } }
    switch form {
    case .integer(let width): return try integer(Int64(bitPattern: little(bytes)), width: width)
    case .julian:
      // Julian day 2 440 588 is the first of 1970.
      let day = Int64(little(bytes.suffix(4))) - 2_440_588
      let (start, exceeds) = day.multipliedReportingOverflow(by: 86_400_000_000_000)
      let (number, passes) = start.addingReportingOverflow(Int64(bitPattern: little(bytes.prefix(8))))
      guard !exceeds, !passes else { throw ParquetFault("a time of 96 bits lies too far away") }
      return try ColumnMeaning.timestamp(perSecond: 1_000_000_000, isUniversal: false).value(number)
    case .float: return .number(Double(Float(bitPattern: UInt32(truncatingIfNeeded: little(bytes)))))
    case .double: return .number(Double(bitPattern: little(bytes)))
    case .text, .bytes: return try meaning.value(bytes)
    case .bool: return .bool(bytes.first == 1)
    }
  }

  private func integer(_ number: Int64, width: Int) throws(ParquetFault) -> DataValue {
    try meaning.value(width == 8 ? number : Int64(Int32(truncatingIfNeeded: number)))
  }

  /// The values of a page in one of the encodings.
  ///
  /// - Parameter room: how many bytes values may take that a page does not hold itself; what they take goes off.
  func values(
    _ reader: inout ByteReader, count: Int, encoding: Int, dictionary: [DataValue]?, room: inout Int
  ) throws(ParquetFault) -> [DataValue] {
    switch (encoding, form) {
    case (0, _): return try plain(&reader, count: count)
    case (2, _), (8, _):
      guard let dictionary else { throw ParquetFault("a page refers to a dictionary that is not there") }
      return try entries(&reader, count: count, of: dictionary)
    case (3, .bool):
      _ = try reader.take(4)
      return try LevelDecoder.values(&reader, count: count, width: 1).map { .bool($0 == 1) }
    case (5, .integer(let width)):
      var values: [DataValue] = []
      for number in try DeltaDecoder.integers(&reader, count: count) {
        values.append(try integer(number, width: width))
      }
      return values
    case (6, .text), (7, .text), (7, .bytes):
      let texts =
        encoding == 6
        ? try DeltaDecoder.texts(&reader, count: count)
        : try DeltaDecoder.continuedTexts(&reader, count: count, room: &room)
      var values: [DataValue] = []
      for text in texts {
        guard width.map({ $0 == text.count }) ?? true else { throw ParquetFault("a value has \(text.count) bytes") }
        values.append(try value(text))
      }
      return values
    case (9, .float), (9, .double), (9, .integer), (9, .bytes): return try split(&reader, count: count)
    default:
      throw ParquetFault("the encoding \(Self.names[encoding] ?? String(encoding)) is not read for such values")
    }
  }

  private static let names = [
    3: "RLE", 4: "BIT_PACKED", 5: "DELTA_BINARY_PACKED", 6: "DELTA_LENGTH_BYTE_ARRAY", 7: "DELTA_BYTE_ARRAY",
    9: "BYTE_STREAM_SPLIT",
  ]

  private func entries(
    _ reader: inout ByteReader, count: Int, of dictionary: [DataValue]
  ) throws(ParquetFault) -> [DataValue] {
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
  }

  /// The first bytes of all values, then the second ones, and so on.
  private func split(_ reader: inout ByteReader, count: Int) throws(ParquetFault) -> [DataValue] {
    let width = width ?? 1
    guard count <= reader.remaining / width else { throw ParquetFault("a page has fewer values than it says") }
    let bytes = try reader.take(count * width)
    var values: [DataValue] = []
    values.reserveCapacity(count)
    for index in 0..<count {
      values.append(try value((0..<width).map { bytes[bytes.startIndex + $0 * count + index] }[...]))
    }
    return values
  }
}
