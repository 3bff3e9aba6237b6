/// Reads a text: every line is a row with the one column `text`.
enum TextRows {
  /// The rows of a file, without their line ends.
  static func read(_ bytes: [UInt8]) -> DataTable {
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    if lines.last?.isEmpty ?? false { lines.removeLast() }
    let rows = lines.map { line in
      let text = String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
      return DataValue.record([DataField("text", .text(text))])
    }
    return DataTable(columns: ["text"], complete: rows)
  }
}
