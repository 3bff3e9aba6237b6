/// Reads the pages of a column of a row group.
struct PageReader {
  private var thrift: ThriftReader
  private let codec: Int
  private let decoder: ColumnDecoder
  private let budget: Int
  private var dictionary: [DataValue]?
  private var striped = StripedColumn()
  /// How many bytes the pages inflated to.
  private(set) var inflated = 0

  /// - Parameter budget: how many bytes the pages may inflate to.
  init(bytes: ArraySlice<UInt8>, codec: Int, decoder: ColumnDecoder, budget: Int) {
    thrift = ThriftReader(bytes)
    self.codec = codec
    self.decoder = decoder
    self.budget = budget
  }

  /// All values of the column.
  mutating func column(valueCount: Int) throws(ParquetFault) -> StripedColumn {
    while striped.definitions.count < valueCount {
      let header = try ParquetPageHeader(&thrift)
      let body = try thrift.bytes.take(header.compressedSize)
      switch header.kind {
      case .index: break
      case .dictionary:
        guard dictionary == nil, header.encoding == 0 || header.encoding == 2 else {
          throw ParquetFault("the column has a second dictionary, or one in an unknown encoding")
        }
        let bytes = try inflate(body, size: header.size)
        var reader = ByteReader(bytes[...])
        dictionary = try decoder.plain(&reader, count: header.valueCount)
      case .data:
        guard header.valueCount <= valueCount - striped.definitions.count else {
          throw ParquetFault("a page has more values than its column")
        }
        try addV1(header, try inflate(body, size: header.size))
      case .dataV2:
        guard header.valueCount <= valueCount - striped.definitions.count else {
          throw ParquetFault("a page has more values than its column")
        }
        try addV2(header, body)
      }
      guard header.valueCount > 0 || header.kind != .data || !body.isEmpty else {
        throw ParquetFault("a page has nothing in it")
      }
    }
    return striped
  }

  private mutating func inflate(_ bytes: ArraySlice<UInt8>, size: Int, codec: Int? = nil) throws(ParquetFault)
    -> [UInt8]
  {
    guard size <= ParquetFile.maximumPageBytes, size <= budget - inflated else {
      throw ParquetFault("a page of \(bytes.count) bytes inflates to \(size), more than the file can hold")
    }
    inflated += size
    return try Compression.inflated(bytes, codec: codec ?? self.codec, size: size)
  }

  private static func width(_ level: Int) -> Int { Int.bitWidth - level.leadingZeroBitCount }

  private mutating func addV1(_ header: ParquetPageHeader, _ bytes: [UInt8]) throws(ParquetFault) {
    var reader = ByteReader(bytes[...])
    let column = decoder.column
    let repetitions = try levels(
      &reader, header.valueCount, highest: column.maximumRepetition, encoding: header.repetitionEncoding)
    let definitions = try levels(
      &reader, header.valueCount, highest: column.maximumDefinition, encoding: header.definitionEncoding)
    try add(header, repetitions, definitions, &reader)
  }

  /// Levels with their size before them; a highest level of zero leaves them out.
  private func levels(
    _ reader: inout ByteReader, _ count: Int, highest: Int, encoding: Int
  ) throws(ParquetFault) -> [UInt32] {
    guard highest > 0 else { return [UInt32](repeating: 0, count: count) }
    guard encoding == 3 else { throw ParquetFault("levels are written in the encoding \(encoding), which is not read") }
    var levels = ByteReader(try reader.take(Int(try reader.little(4))))
    return try LevelDecoder.values(&levels, count: count, width: Self.width(highest))
  }

  private mutating func addV2(_ header: ParquetPageHeader, _ body: ArraySlice<UInt8>) throws(ParquetFault) {
    var front = ByteReader(body)
    let column = decoder.column
    var levels = ByteReader(try front.take(header.repetitionLength))
    let repetitions = try LevelDecoder.values(
      &levels, count: header.valueCount, width: Self.width(column.maximumRepetition))
    levels = ByteReader(try front.take(header.definitionLength))
    let definitions = try LevelDecoder.values(
      &levels, count: header.valueCount, width: Self.width(column.maximumDefinition))
    let size = header.size - header.repetitionLength - header.definitionLength
    guard size >= 0 else { throw ParquetFault("a page is smaller than its levels") }
    let bytes = try inflate(front.rest(), size: size, codec: header.isCompressed && size > 0 ? nil : 0)
    var reader = ByteReader(bytes[...])
    try add(header, repetitions, definitions, &reader)
  }

  private mutating func add(
    _ header: ParquetPageHeader, _ repetitions: [UInt32], _ definitions: [UInt32], _ reader: inout ByteReader
  ) throws(ParquetFault) {
    let (highest, column) = (UInt32(decoder.column.maximumDefinition), decoder.column)
    guard definitions.allSatisfy({ $0 <= highest }), repetitions.allSatisfy({ $0 <= UInt32(column.maximumRepetition) })
    else { throw ParquetFault("a level is higher than the schema allows") }
    let present = definitions.count { $0 == highest }
    var room = budget - inflated
    striped.values += try decoder.values(
      &reader, count: present, encoding: header.encoding, dictionary: dictionary, room: &room)
    inflated = budget - room
    striped.repetitions += repetitions
    striped.definitions += definitions
  }
}
