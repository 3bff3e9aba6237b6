/// A table of short texts, for a terminal or for Markdown.
struct TextTable {
  /// A column.
  struct Column {
    /// The lines of the head.
    var title: [String]
    /// Whether cells are texts, which stand on the left, rather than figures.
    var isText = false

  }

  /// A cell: a value, and notes that stand below it, or behind it in Markdown.
  struct Cell {
    var value: String
    var notes: [String] = []
    var isBest = false
    /// How much of its kind the value is, from 0 to 1: the colour behind it, where there are colours.
    var heat: Double?

    init(_ value: String) { self.value = value }
  }

  var columns: [Column]
  var rows: [[Cell]]

  // MARK: Terminal

  /// The table in lines of at most `width` characters: columns that do not fit follow below, with the first column
  /// again. (A single column wider than that is shown as it is.)
  func text(width: Int, isStyled: Bool) -> String {
    let widths = columns.indices.map { column in
      let cells = rows.map { $0[column] }
      let lengths = columns[column].title.map(Self.length) + cells.flatMap { [$0.value] + $0.notes }.map(Self.length)
      return lengths.max() ?? 0
    }
    var blocks: [[Int]] = []
    var used = 0
    for column in columns.indices.dropFirst() {
      // Every figure is followed by a place for its mark.
      let needed = widths[column] + 2
      if blocks.isEmpty || used + needed > width {
        blocks.append([0])
        used = widths[0]
      }
      blocks[blocks.count - 1].append(column)
      used += needed
    }
    if blocks.isEmpty { blocks = [[0]] }
    return blocks.map { block($0, widths: widths, isStyled: isStyled) }.joined(separator: "\n")
  }

  private func block(_ shown: [Int], widths: [Int], isStyled: Bool) -> String {
    var lines: [String] = []
    let head = columns.map(\.title.count).max() ?? 0
    for line in 0..<head {
      lines.append(
        Self.joined(
          shown.map { column in
            let title = columns[column].title
            return padded(line < title.count ? title[line] : "", column, widths, mark: " ")
          }))
    }
    let total = shown.reduce(0) { $0 + widths[$1] + ($1 == 0 ? 0 : 2) }
    lines.append(String(repeating: "─", count: total))
    for row in rows {
      lines.append(
        Self.joined(
          shown.map { column in
            let cell = row[column]
            let text = padded(cell.value, column, widths, mark: cell.isBest ? "*" : " ")
            if isStyled, let heat = cell.heat { return Heat.coloured(text, heat) }
            return isStyled && cell.isBest ? "\u{1B}[1m\(text)\u{1B}[0m" : text
          }))
      let depth = shown.map { row[$0].notes.count }.max() ?? 0
      for line in 0..<depth {
        let text = Self.joined(
          shown.map { column in
            let notes = row[column].notes
            return padded(line < notes.count ? notes[line] : "", column, widths, mark: " ")
          })
        lines.append(isStyled ? "\u{1B}[2m\(text)\u{1B}[0m" : text)
      }
    }
    return lines.map { $0 + "\n" }.joined()
  }

  private func padded(_ text: String, _ column: Int, _ widths: [Int], mark: String) -> String {
    let clean = Self.printable(text)
    let blanks = String(repeating: " ", count: max(0, widths[column] - clean.count))
    return columns[column].isText ? clean + blanks : " " + blanks + clean + mark
  }

  private static func joined(_ parts: [String]) -> String {
    var line = parts.joined()
    while line.last == " " { line.removeLast() }
    return line
  }

  private static func length(_ text: String) -> Int { printable(text).count }

  /// The text with every control character replaced, so that a name from a file cannot steer the terminal.
  static func printable(_ text: String) -> String {
    var clean = ""
    for scalar in text.unicodeScalars {
      let isControl: Bool =
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
      clean.unicodeScalars.append(isControl ? "\u{FFFD}" : scalar)
    }
    return clean
  }

  /// A text broken at blanks into lines of at most `width` characters.
  static func wrapped(_ text: String, width: Int) -> String {
    var lines: [String] = []
    for word in text.split(separator: " ").map({ printable(String($0)) }) {
      if let last = lines.last, last.count + 1 + word.count <= width {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(word)
      }
    }
    return lines.map { $0 + "\n" }.joined()
  }

  // MARK: Markdown

  /// The table in Markdown, notes in small type behind their values and the best of a column bold.
  var markdown: String {
    func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |\n" }
    let titles = columns.map { $0.title.filter { !$0.isEmpty }.map(Self.escaped).joined(separator: "<br>") }
    var text = line(titles)
    text += line(columns.map { $0.isText ? "---" : "---:" })
    for row in rows {
      text += line(
        row.map { cell in
          let value = Self.escaped(cell.value)
          let notes = cell.notes.map { " <sub>\(Self.escaped($0))</sub>" }.joined()
          return (cell.isBest ? "**\(value)**" : value) + notes
        })
    }
    return text
  }

  /// The text with Markdown's and HTML's marks made harmless.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    for character in printable(text) {
      switch character {
      case "|", "\\", "`", "*", "_", "[", "]": escaped += "\\\(character)"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "&": escaped += "&amp;"
      default: escaped.append(character)
      }
    }
    return escaped
  }
}
