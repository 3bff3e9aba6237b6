/// What the end of a Parquet file says about the rest of it.
///
/// Source: the Parquet format specification, `parquet.thrift`.
struct ParquetMetadata {
  /// An entry of the schema, which is a tree written in depth-first order.
  struct Element {
    var type: Int?
    var typeLength = 0
    var repetition = 0
    var name = ""
    var childCount = 0
    var convertedType: Int?
    /// The field of the union of logical types that is set.
    var logicalType: Int?
    /// Digits behind the point of decimals.
    var scale = 0
    /// The field of the union of units that is set, for times.
    var timeUnit: Int?
    /// Whether times are those of Greenwich, rather than of an unknown place.
    var isUniversal = false
  }

  /// A column of a row group.
  struct Chunk {
    var path: [String] = []
    var codec = 0
    var valueCount = 0
    var compressedSize = 0
    var dataOffset = 0
    var dictionaryOffset: Int?
    var isElsewhere = false
  }

  struct RowGroup {
    var chunks: [Chunk] = []
    var rowCount = 0
  }

  var elements: [Element] = []
  var rowCount = 0
  var groups: [RowGroup] = []

  init(_ bytes: ArraySlice<UInt8>) throws(ParquetFault) {
    var reader = ThriftReader(bytes)
    var metadata = Self()
    try reader.structure { (reader, field, kind) throws(ParquetFault) in
      switch (field, kind) {
      case (2, .list):
        for _ in 0..<(try reader.list().count) { metadata.elements.append(try Self.element(&reader)) }
      case (3, .i64): metadata.rowCount = try reader.natural("number of rows")
      case (4, .list): for _ in 0..<(try reader.list().count) { metadata.groups.append(try Self.group(&reader)) }
      default: return false
      }
      return true
    }
    self = metadata
  }

  private init() {}

  private static func element(_ reader: inout ThriftReader) throws(ParquetFault) -> Element {
    var element = Element()
    try reader.structure { (reader, field, kind) throws(ParquetFault) in
      switch (field, kind) {
      case (1, .i32): element.type = try reader.natural("type of a column")
      case (2, .i32): element.typeLength = try reader.natural("length of a type")
      case (3, .i32): element.repetition = try reader.natural("repetition of a column")
      case (4, .binary): element.name = try reader.text()
      case (5, .i32): element.childCount = try reader.natural("number of children")
      case (6, .i32): element.convertedType = try reader.natural("meaning of a type")
      case (7, .i32): element.scale = try reader.natural("scale of decimals")
      case (10, .structure):
        // A union: the one field that is set names the type.
        try reader.structure { (reader, field, kind) throws(ParquetFault) in
          element.logicalType = field
          guard [5, 7, 8].contains(field), kind == .structure else { return false }
          try Self.details(&reader, &element, isDecimal: field == 5)
          return true
        }
      default: return false
      }
      return true
    }
    return element
  }

  /// What the type of decimals or times says beside its name.
  private static func details(
    _ reader: inout ThriftReader, _ element: inout Element, isDecimal: Bool
  ) throws(ParquetFault) {
    try reader.structure { (reader, field, kind) throws(ParquetFault) in
      switch (isDecimal, field, kind) {
      case (true, 1, .i32): element.scale = try reader.natural("scale of decimals")
      case (false, 1, .yes): element.isUniversal = true
      case (false, 2, .structure):
        try reader.structure { (_, field, _) throws(ParquetFault) in
          element.timeUnit = field
          return false
        }
      default: return false
      }
      return true
    }
  }

  private static func group(_ reader: inout ThriftReader) throws(ParquetFault) -> RowGroup {
    var group = RowGroup()
    try reader.structure { (reader, field, kind) throws(ParquetFault) in
      switch (field, kind) {
      case (1, .list): for _ in 0..<(try reader.list().count) { group.chunks.append(try chunk(&reader)) }
      case (3, .i64): group.rowCount = try reader.natural("number of rows")
      default: return false
      }
      return true
    }
    return group
  }

  private static func chunk(_ reader: inout ThriftReader) throws(ParquetFault) -> Chunk {
    var chunk = Chunk()
    try reader.structure { (reader, field, kind) throws(ParquetFault) in
      switch (field, kind) {
      case (1, .binary):
        _ = try reader.text()
        chunk.isElsewhere = true
      case (3, .structure): try column(&reader, &chunk)
      default: return false
      }
      return true
    }
    return chunk
  }

  private static func column(_ reader: inout ThriftReader, _ chunk: inout Chunk) throws(ParquetFault) {
    try reader.structure { (reader, field, kind) throws(ParquetFault) in
      switch (field, kind) {
      case (3, .list): for _ in 0..<(try reader.list().count) { chunk.path.append(try reader.text()) }
      case (4, .i32): chunk.codec = try reader.natural("codec")
      case (5, .i64): chunk.valueCount = try reader.natural("number of values")
      case (7, .i64): chunk.compressedSize = try reader.natural("size of a column")
      case (9, .i64): chunk.dataOffset = try reader.natural("place of a column")
      case (11, .i64): chunk.dictionaryOffset = try reader.natural("place of a dictionary")
      default: return false
      }
      return true
    }
  }
}

/// What stands before a page.
struct ParquetPageHeader {
  enum Kind: Int {
    case data = 0
    case index = 1
    case dictionary = 2
    case dataV2 = 3
  }

  var kind = Kind.index
  var size = 0
  var compressedSize = 0
  var valueCount = 0
  var encoding = 0
  var definitionEncoding = 3
  var repetitionEncoding = 3
  var definitionLength = 0
  var repetitionLength = 0
  var isCompressed = true

  init(_ reader: inout ThriftReader) throws(ParquetFault) {
    var header = Self()
    try reader.structure { (reader, field, kind) throws(ParquetFault) in
      switch (field, kind) {
      case (1, .i32):
        let number = try reader.natural("type of a page")
        guard let kind = Kind(rawValue: number) else { throw ParquetFault("a page is of the unknown type \(number)") }
        header.kind = kind
      case (2, .i32): header.size = try reader.natural("size of a page")
      case (3, .i32): header.compressedSize = try reader.natural("size of a page")
      case (5, .structure), (7, .structure): try header.readV1(&reader)
      case (8, .structure): try header.readV2(&reader)
      default: return false
      }
      return true
    }
    self = header
  }

  private init() {}

  private mutating func readV1(_ reader: inout ThriftReader) throws(ParquetFault) {
    var header = self
    try reader.structure { (reader, field, kind) throws(ParquetFault) in
      switch (field, kind) {
      case (1, .i32): header.valueCount = try reader.natural("number of values")
      case (2, .i32): header.encoding = try reader.natural("encoding")
      case (3, .i32): header.definitionEncoding = try reader.natural("encoding of levels")
      case (4, .i32): header.repetitionEncoding = try reader.natural("encoding of levels")
      default: return false
      }
      return true
    }
    self = header
  }

  private mutating func readV2(_ reader: inout ThriftReader) throws(ParquetFault) {
    var header = self
    try reader.structure { (reader, field, kind) throws(ParquetFault) in
      switch (field, kind) {
      case (1, .i32): header.valueCount = try reader.natural("number of values")
      case (4, .i32): header.encoding = try reader.natural("encoding")
      case (5, .i32): header.definitionLength = try reader.natural("size of levels")
      case (6, .i32): header.repetitionLength = try reader.natural("size of levels")
      case (7, .yes): header.isCompressed = true
      case (7, .no): header.isCompressed = false
      default: return false
      }
      return true
    }
    self = header
  }
}
