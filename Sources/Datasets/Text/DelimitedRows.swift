/// Reads rows from text with separators (CSV, TSV), with the types that pandas would give the columns.
///
/// The first line names the columns. A column is whole numbers, numbers, truth values or texts, whichever all its
/// fields allow; fields that pandas takes for missing (`""`, `NA`, `null`, …) are null, and turn whole numbers into
/// numbers. Source: RFC 4180, and the defaults of `pandas.read_csv`, which the `datasets` library calls.
enum DelimitedRows {
  /// The rows of a file.
  ///
  /// - Parameters:
  ///   - names: the names of the columns; those of the first line if nil.
  ///   - replacesHeader: whether a first line with names is there all the same.
  static func read(
    _ bytes: [UInt8], file: String, separator: UInt8, names given: [String]? = nil,
    replacingHeader replacesHeader: Bool = false
  ) throws(DataError) -> DataTable {
    let bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
    var lines = try fields(bytes, file: file, separator: separator)
    guard !lines.isEmpty else { return DataTable(records: []) }
    let header = given == nil || replacesHeader ? lines.removeFirst() : nil
    let names = distinct(given ?? header?.fields.map(\.text) ?? [])
    for line in lines where line.fields.count > names.count {
      throw DataError(
        file: file, place: "line \(line.number)",
        "the line has \(line.fields.count) fields, but there are names for \(names.count) columns")
    }
    let columns = names.indices.map { column in
      values(lines.map { column < $0.fields.count ? $0.fields[column] : nil })
    }
    let rows = lines.indices.map { row in
      DataValue.record(names.indices.map { DataField(names[$0], columns[$0][row]) })
    }
    return DataTable(columns: names, complete: rows)
  }

  private struct Line {
    var number: Int
    var fields: [Field]
  }

  private struct Field {
    var text: String
    /// Whether the field was written in quotes.
    var isQuoted: Bool
  }

  /// Repeated names get a number, as pandas does it: `a`, `a.1`, `a.2`.
  private static func distinct(_ names: [String]) -> [String] {
    var counts: [String: Int] = [:]
    return names.map { name in
      let count = counts[name, default: 0]
      counts[name] = count + 1
      return count == 0 ? name : "\(name).\(count)"
    }
  }

  // MARK: Lines and fields

  private static func fields(_ bytes: ArraySlice<UInt8>, file: String, separator: UInt8) throws(DataError) -> [Line] {
    var lines: [Line] = []
    var line = Line(number: 1, fields: [])
    var number = 1
    var index = bytes.startIndex
    while index < bytes.endIndex {
      var content: [UInt8] = []
      let isQuoted = bytes[index] == UInt8(ascii: "\"")
      if isQuoted {
        let opened = number
        index += 1
        while true {
          guard index < bytes.endIndex else {
            throw DataError(file: file, place: "line \(opened)", "a quote is opened here and never closed")
          }
          let byte = bytes[index]
          index += 1
          if byte == UInt8(ascii: "\"") {
            guard index < bytes.endIndex, bytes[index] == UInt8(ascii: "\"") else { break }
            index += 1
          } else if byte == 0x0A {
            number += 1
          }
          content.append(byte)
        }
      }
      while index < bytes.endIndex, bytes[index] != separator, bytes[index] != 0x0A {
        // A carriage return counts as part of the line end only right in front of it.
        if bytes[index] != 0x0D || (index + 1 < bytes.endIndex && bytes[index + 1] != 0x0A) {
          content.append(bytes[index])
        }
        index += 1
      }
      line.fields.append(Field(text: String(decoding: content, as: UTF8.self), isQuoted: isQuoted))
      let isEnd = index >= bytes.endIndex
      let endsLine = isEnd || bytes[index] == 0x0A
      if !endsLine, index + 1 == bytes.endIndex { line.fields.append(Field(text: "", isQuoted: false)) }
      index += 1
      guard endsLine || index >= bytes.endIndex else { continue }
      // Lines with nothing on them are skipped.
      if line.fields.count > 1 || line.fields[0].isQuoted || !line.fields[0].text.isEmpty { lines.append(line) }
      number += 1
      line = Line(number: number, fields: [])
    }
    return lines
  }

  // MARK: Types

  private static let missing: Set<String> = [
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
    "NULL", "NaN", "None", "n/a", "nan", "null",
  ]

  private static func values(_ fields: [Field?]) -> [DataValue] {
    let texts = fields.map { field in field.flatMap { missing.contains($0.text) ? nil : $0.text } }
    let present = texts.compactMap { $0 }
    if present.isEmpty { return texts.map { _ in .null } }
    if present.allSatisfy({ integer($0) != nil }) {
      let hasGaps = present.count < texts.count
      return texts.map { text in
        guard let number = text.flatMap(integer) else { return .null }
        return hasGaps ? .number(Double(number)) : .integer(number)
      }
    }
    if present.allSatisfy({ number($0) != nil }) {
      return texts.map { text in text.flatMap(number).map { .number($0) } ?? .null }
    }
    let flags = ["True": true, "TRUE": true, "true": true, "False": false, "FALSE": false, "false": false]
    if present.allSatisfy({ flags[$0] != nil }) {
      return texts.map { text in text.flatMap { flags[$0] }.map { .bool($0) } ?? .null }
    }
    return texts.map { $0.map { .text($0) } ?? .null }
  }

  private static func trimmed(_ text: String) -> Substring {
    var text = text[...]
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return text
  }

  private static func integer(_ text: String) -> Int? { Int(trimmed(text)) }

  private static func number(_ text: String) -> Double? {
    let text = trimmed(text)
    guard text.utf8.allSatisfy({ (48...57).contains($0) || "+-.eE".utf8.contains($0) }) else {
      switch text.lowercased() {
      case "inf", "+inf", "infinity", "+infinity": return .infinity
      case "-inf", "-infinity": return -.infinity
      default: return nil
      }
    }
    return Double(text)
  }
}
