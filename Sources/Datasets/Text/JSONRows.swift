internal import Documents

/// Reads rows from JSON: one object a line, or an array of objects, or an object of columns.
enum JSONRows {
  /// The rows of a file.
  ///
  /// - Parameter field: the member of the document that holds the rows, if it is not the document itself.
  static func read(_ bytes: [UInt8], file: String, field: String? = nil) throws(DataError) -> DataTable {
    let bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    guard let first = bytes.first(where: { !isBlank($0) }) else { return DataTable(records: []) }
    if field == nil, first == UInt8(ascii: "{"), let table = try lines(bytes, file: file) { return table }
    return try document(bytes, file: file, field: field)
  }

  private static func isBlank(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }

  /// One object a line; nil if the first line is not an object by itself, as in an object over many lines.
  private static func lines(_ bytes: [UInt8], file: String) throws(DataError) -> DataTable? {
    var records: [[DataField]] = []
    for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
    where line.contains(where: { !isBlank($0) }) {
      let node: JSONNode
      do {
        node = try JSONParser.parse(Array(line))
      } catch {
        if records.isEmpty { return nil }
        throw DataError(file: file, place: "line \(index + 1)", "the line is not valid JSON: \(error.message)")
      }
      guard let fields = DataValue(node).fields else {
        throw DataError(file: file, place: "line \(index + 1)", "expected an object, found \(node.kind)")
      }
      records.append(fields)
    }
    return DataTable(records: records)
  }

  private static func document(_ bytes: [UInt8], file: String, field: String?) throws(DataError) -> DataTable {
    var node: JSONNode
    do {
      node = try JSONParser.parse(bytes)
    } catch {
      let position = SourcePosition(byteOffset: error.offset, in: bytes)
      throw DataError(
        file: file, place: "line \(position.line), column \(position.column)",
        "this is not valid JSON: \(error.message)")
    }
    if let field {
      guard let member = node[field] else {
        let keys = (node.object ?? []).map(\.key)
        throw DataError(
          file: file, "the document has no member \"\(field)\"",
          hint: NearestName.of(field, in: keys).map { "did you mean \"\($0)\"?" })
      }
      node = member
    }
    switch DataValue(node) {
    case .list(let elements):
      var records: [[DataField]] = []
      for (index, element) in elements.enumerated() {
        guard let fields = element.fields else {
          throw DataError(file: file, place: "row \(index + 1)", "expected an object, found \(element.kind)")
        }
        records.append(fields)
      }
      return DataTable(records: records)
    case .record(let fields): return try columns(fields, file: file)
    default:
      throw DataError(file: file, "expected rows (one object a line, or an array of objects), found \(node.kind)")
    }
  }

  /// An object of lists of the same length is a table by columns; any other object is one row.
  private static func columns(_ fields: [DataField], file: String) throws(DataError) -> DataTable {
    let lists = fields.compactMap(\.value.list)
    guard let count = lists.first?.count, lists.count == fields.count, lists.allSatisfy({ $0.count == count })
    else { return DataTable(records: [fields]) }
    return DataTable(
      records: (0..<count).map { row in zip(fields, lists).map { DataField($0.name, $1[row]) } })
  }
}
