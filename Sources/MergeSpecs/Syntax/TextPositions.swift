internal import Documents

/// Translates the marks of the YAML library, lines and columns in unicode scalars, into positions in characters.
struct TextPositions {
  private let scalars: [Unicode.Scalar]
  /// Where each line begins, by YAML's line breaks.
  private let yamlLines: [Int]
  /// Where each line begins, by line feeds alone, as people's editors number them.
  private let lines: [Int]

  init(_ text: String) {
    scalars = Array(text.unicodeScalars)
    var yamlLines = [0]
    var lines = [0]
    for (index, scalar) in scalars.enumerated() {
      switch scalar {
      case "\n":
        yamlLines.append(index + 1)
        lines.append(index + 1)
      case "\r":
        if index + 1 == scalars.count || scalars[index + 1] != "\n" { yamlLines.append(index + 1) }
      case "\u{85}", "\u{2028}", "\u{2029}": yamlLines.append(index + 1)
      default: break
      }
    }
    self.yamlLines = yamlLines
    self.lines = lines
  }

  /// The offset of a mark in unicode scalars; marks beyond the end stand at the end.
  func offset(line: Int, column: Int) -> Int {
    guard line >= 1 else { return 0 }
    guard line <= yamlLines.count else { return scalars.count }
    return min(scalars.count, yamlLines[line - 1] + max(0, column - 1))
  }

  /// The position of a mark, lines and columns from one.
  func position(line: Int, column: Int) -> SourcePosition { position(at: offset(line: line, column: column)) }

  /// The position of a unicode scalar.
  func position(at offset: Int) -> SourcePosition {
    var low = 0
    var high = lines.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lines[middle] <= offset { low = middle } else { high = middle }
    }
    let before = scalars[lines[low]..<offset]
    guard !before.allSatisfy(\.isASCII) else { return SourcePosition(line: low + 1, column: before.count + 1) }
    var text = String.UnicodeScalarView()
    text.append(contentsOf: before)
    return SourcePosition(line: low + 1, column: String(text).count + 1)
  }

  /// The unicode scalar at an offset.
  func scalar(at offset: Int) -> Unicode.Scalar? { scalars.indices.contains(offset) ? scalars[offset] : nil }
}
