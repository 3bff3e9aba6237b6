/// Finds where keys, values and comments begin and end within lines.
enum LayoutScanner {
  /// A value that goes on over lines: inside brackets, or inside quotes.
  struct Open {
    private var depth = 0
    private var quote: Character?
    /// Whether a quote would begin here, not stand for itself.
    private var isAtStart = true

    /// Reads on; the place behind the value if it ends on this line, else nil.
    mutating func consume(_ line: ArraySlice<Character>) -> Int? {
      var index = line.startIndex
      while index < line.endIndex {
        let character = line[index]
        if let open = quote {
          if open == "\"", character == "\\" {
            index += 2
            continue
          }
          if character == open {
            if open == "'", index + 1 < line.endIndex, line[index + 1] == "'" {
              index += 2
              continue
            }
            quote = nil
            isAtStart = false
            if depth == 0 { return index + 1 }
          }
        } else if character == "#", index == line.startIndex || line[index - 1].isWhitespace {
          return nil
        } else if isAtStart, character == "\"" || character == "'" {
          quote = character
        } else if "[{".contains(character) {
          depth += 1
          isAtStart = true
        } else if "]}".contains(character) {
          depth -= 1
          isAtStart = false
          if depth <= 0 { return index + 1 }
        } else if ",:".contains(character) {
          isAtStart = true
        } else if !character.isWhitespace {
          isAtStart = false
        }
        index += 1
      }
      return nil
    }
  }

  /// The number of blanks that a line begins with.
  static func indent(of line: some StringProtocol) -> Int { line.prefix { $0 == " " }.count }

  /// The text without blanks at its ends.
  static func trimmed(_ text: some StringProtocol) -> String {
    var rest = Substring(text)
    while rest.last?.isWhitespace ?? false { rest.removeLast() }
    return String(rest.drop { $0.isWhitespace })
  }

  /// A scalar without its quotes.
  static func unquoted(_ text: String) -> String {
    guard text.count >= 2, let first = text.first, first == text.last, first == "\"" || first == "'" else {
      return text
    }
    let inner = String(text.dropFirst().dropLast())
    return first == "'" ? inner.replacing("''", with: "'") : inner.replacing("\\\"", with: "\"")
  }

  /// Where the key that begins here ends, and the place behind its colon; nil if no key begins here.
  static func key(in line: ArraySlice<Character>) -> (end: Int, next: Int)? {
    var index = properties(in: line).next
    guard index < line.endIndex, !"[{|>#".contains(line[index]) else { return nil }
    if line[index] == "\"" || line[index] == "'" {
      var open = Open()
      guard let end = open.consume(line[index...]) else { return nil }
      index = end
      while index < line.endIndex, line[index] == " " { index += 1 }
      guard index < line.endIndex, isColon(line, index) else { return nil }
      return (end, index + 1)
    }
    while index < line.endIndex {
      if isColon(line, index) {
        var end = index
        while end > line.startIndex, line[end - 1].isWhitespace { end -= 1 }
        return (end, index + 1)
      }
      if line[index] == "#", index > line.startIndex, line[index - 1].isWhitespace { return nil }
      index += 1
    }
    return nil
  }

  private static func isColon(_ line: ArraySlice<Character>, _ index: Int) -> Bool {
    line[index] == ":" && (index + 1 == line.endIndex || line[index + 1].isWhitespace)
  }

  /// Anchor and tag at the beginning of a value, and the place behind them.
  static func properties(in line: ArraySlice<Character>) -> (text: String, next: Int) {
    var index = line.startIndex
    var words: [String] = []
    while true {
      while index < line.endIndex, line[index].isWhitespace { index += 1 }
      guard index < line.endIndex, "&!".contains(line[index]) else { break }
      let start = index
      while index < line.endIndex, !line[index].isWhitespace { index += 1 }
      words.append(String(line[start..<index]))
    }
    return (words.joined(separator: " "), index)
  }

  /// Where a comment begins in a plain value, with the blanks before it.
  static func comment(in line: ArraySlice<Character>) -> Int? {
    var index = line.startIndex
    while index < line.endIndex {
      if line[index] == "#", index == line.startIndex || line[index - 1].isWhitespace {
        var start = index
        while start > line.startIndex, line[start - 1].isWhitespace { start -= 1 }
        return start
      }
      index += 1
    }
    return nil
  }
}
