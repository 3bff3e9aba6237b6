/// The formats of data files.
public enum DataFormat: String, Hashable, Sendable, CaseIterable {
  case json
  case csv
  case parquet
  case text

  /// The format that the end of a file's name speaks for.
  init?(name: String) {
    switch name.split(separator: ".").last.map({ $0.lowercased() }) {
    case "json", "jsonl", "ndjson": self = .json
    case "csv", "tsv": self = .csv
    case "parquet": self = .parquet
    case "txt", "text": self = .text
    default: return nil
    }
  }
}

/// How a data file is to be read, where its format leaves a choice.
public struct DataReading: Hashable, Sendable {
  /// The format; nil for what the file's name says.
  public var format: DataFormat?
  /// The member of a JSON document that holds the rows.
  public var field: String?
  /// What separates the fields of a line; a comma, or a tab in files called `.tsv`.
  public var separator: String?
  /// The names of the columns of lines of fields; those of the first line if nil.
  public var columnNames: [String]?
  /// Whether a first line with names is there and gives way to `columnNames`.
  public var replacesHeader = false

  /// Reads files as their names say.
  public init(format: DataFormat? = nil, field: String? = nil, separator: String? = nil) {
    self.format = format
    self.field = field
    self.separator = separator
  }

  /// The rows of a file.
  public func table(_ bytes: [UInt8], file: String) throws(DataError) -> DataTable {
    guard let format = format ?? DataFormat(name: file) else {
      throw DataError(
        file: file, "the name does not say what format this is",
        hint: "names end in .json, .jsonl, .csv, .tsv, .parquet or .txt")
    }
    switch format {
    case .json: return try JSONRows.read(bytes, file: file, field: field)
    case .csv:
      let separator = separator ?? (file.hasSuffix(".tsv") ? "\t" : ",")
      guard let byte = separator.utf8.first, separator.utf8.count == 1 else {
        throw DataError(file: file, "fields can only be separated by one character, not \"\(separator)\"")
      }
      return try DelimitedRows.read(
        bytes, file: file, separator: byte, names: columnNames, replacingHeader: replacesHeader)
    case .parquet: return try ParquetFile.table(bytes, file: file)
    case .text: return TextRows.read(bytes)
    }
  }
}
