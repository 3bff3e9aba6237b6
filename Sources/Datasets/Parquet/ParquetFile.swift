/// Reads the rows of a Parquet file, nested columns included.
///
/// Pages may be plain, by dictionary, of differences or split by bytes, of version 1 or 2, uncompressed or in Snappy,
/// gzip, zstd or LZ4. Files are not trusted: what they announce is checked against what is there before anything is
/// allocated.
enum ParquetFile {
  /// The most rows of a file.
  static let maximumRows = 50_000_000
  /// The most bytes that a page may inflate to; writers aim at one megabyte.
  static let maximumPageBytes = 128 << 20
  /// Values that a file may have for each of its bytes: runs of one value take hardly any.
  static let valuesPerByte = 64
  /// Bytes that a file may inflate to for each of its own.
  static let inflation = 100
  /// What small files may have beyond that.
  static let allowance = 1 << 20

  private static let mark = Array("PAR1".utf8)

  /// The rows of a file.
  static func table(_ bytes: [UInt8], file: String) throws(DataError) -> DataTable {
    var reading = Reading(bytes: bytes)
    do throws(ParquetFault) {
      return try reading.table()
    } catch {
      throw DataError(file: file, place: reading.place, error.message)
    }
  }

  /// A file being read.
  private struct Reading {
    let bytes: [UInt8]
    /// Where the reading is, for messages.
    var place: String?
    private var values = 0
    private var inflated = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func table() throws(ParquetFault) -> DataTable {
      let metadata = try metadata()
      let schema = try ParquetSchema(metadata.elements)
      var rows: [DataValue] = []
      for (index, group) in metadata.groups.enumerated() {
        place = "row group \(index + 1)"
        guard group.rowCount <= ParquetFile.maximumRows - rows.count else {
          throw ParquetFault("there are more than \(ParquetFile.maximumRows) rows")
        }
        rows += try self.rows(of: group, index: index, schema)
      }
      var names: [String] = []
      for column in schema.columns where names.last != column.path[0] { names.append(column.path[0]) }
      return DataTable(columns: names, complete: rows)
    }

    private mutating func metadata() throws(ParquetFault) -> ParquetMetadata {
      place = "the end of the file"
      guard bytes.count >= 12, bytes.starts(with: ParquetFile.mark), bytes.suffix(4).elementsEqual(ParquetFile.mark)
      else { throw ParquetFault("a Parquet file begins and ends with PAR1, and this one does not") }
      var tail = ByteReader(bytes[(bytes.count - 8)...])
      let length = Int(try tail.little(4))
      guard length <= bytes.count - 12 else {
        throw ParquetFault("metadata of \(length) bytes is announced in a file of \(bytes.count)")
      }
      return try ParquetMetadata(bytes[(bytes.count - 8 - length)..<(bytes.count - 8)])
    }

    private mutating func rows(
      of group: ParquetMetadata.RowGroup, index: Int, _ schema: ParquetSchema
    ) throws(ParquetFault) -> [DataValue] {
      guard group.chunks.count == schema.columns.count else {
        throw ParquetFault("there are \(group.chunks.count) columns, and the schema has \(schema.columns.count)")
      }
      var rows: [DataValue] = []
      for (chunk, column) in zip(group.chunks, schema.columns) {
        place = "row group \(index + 1), column \(column.name)"
        guard chunk.path == column.path else { throw ParquetFault("the column is called \(chunk.path) in the schema") }
        let striped = try striped(chunk, column)
        var assembly = RecordAssembly(column: column, striped: striped)
        let own = try assembly.rows(count: group.rowCount)
        if rows.isEmpty {
          rows = own
        } else {
          for row in rows.indices { rows[row] = try RecordAssembly.merged(rows[row], own[row]) }
        }
      }
      return rows
    }

    private mutating func striped(
      _ chunk: ParquetMetadata.Chunk, _ column: ParquetSchema.Column
    ) throws(ParquetFault) -> StripedColumn {
      guard !chunk.isElsewhere else { throw ParquetFault("the column lies in another file") }
      let start = min(chunk.dictionaryOffset.flatMap { $0 > 0 ? $0 : nil } ?? chunk.dataOffset, chunk.dataOffset)
      guard start >= 4, start <= bytes.count, chunk.compressedSize <= bytes.count - start else {
        throw ParquetFault("the column lies beyond the end of the file")
      }
      values += chunk.valueCount
      guard chunk.valueCount <= Int.max / 4, values <= ParquetFile.valuesPerByte * bytes.count + ParquetFile.allowance
      else { throw ParquetFault("\(chunk.valueCount) values are more than the file can hold") }
      var pages = PageReader(
        bytes: bytes[start..<start + chunk.compressedSize], codec: chunk.codec, decoder: try ColumnDecoder(column),
        budget: ParquetFile.inflation * bytes.count + ParquetFile.allowance - inflated)
      let striped = try pages.column(valueCount: chunk.valueCount)
      inflated += pages.inflated
      return striped
    }
  }
}

/// A column's values with their levels.
struct StripedColumn {
  var repetitions: [UInt32] = []
  var definitions: [UInt32] = []
  /// The values that are there.
  var values: [DataValue] = []
}
