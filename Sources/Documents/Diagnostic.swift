/// A place in a text: a line and a column, both counted from one, columns in characters.
public struct SourcePosition: Hashable, Sendable {
  /// The line, from one.
  public var line: Int
  /// The column, from one, in characters.
  public var column: Int

  /// Makes a position.
  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }
}

/// Something to tell the author of a text, with the place it is about and, where there is one, the nearest valid choice.
public struct Diagnostic: Hashable, Sendable {
  /// Whether work can go on.
  public enum Severity: String, Sendable {
    case error
    case warning
    case note
  }

  /// Whether work can go on.
  public var severity: Severity
  /// The name of the text, usually its path as the user gave it.
  public var file: String
  /// Where in the text, if the matter has a place.
  public var position: SourcePosition?
  /// What is wrong and what was expected, in one sentence.
  public var message: String
  /// What to do about it: the nearest valid choice, or the list of them.
  public var hint: String?

  /// Makes a diagnostic.
  public init(
    _ severity: Severity, file: String, at position: SourcePosition? = nil, _ message: String, hint: String? = nil
  ) {
    self.severity = severity
    self.file = file
    self.position = position
    self.message = message
    self.hint = hint
  }

  /// The diagnostic as a compiler would print it: `file:line:column: error: message`, the line, a caret, the hint.
  ///
  /// - Parameter text: the whole text that the position refers to; without it the line and the caret are left out.
  public func rendered(text: String?) -> String {
    var place = file
    if let position { place += ":\(position.line):\(position.column)" }
    var result = "\(place): \(severity.rawValue): \(message)"
    if let position, let line = text.flatMap({ Self.line(position.line, of: $0) }) {
      let shown = line.prefix(160)
      result += "\n  \(shown)"
      if position.column <= shown.count + 1 {
        // Tabs stay tabs, so that the caret stands below its column in any terminal.
        let lead = shown.prefix(max(0, position.column - 1)).map { $0 == "\t" ? "\t" : " " }.joined()
        result += "\n  \(lead)^"
      }
    }
    if let hint { result += "\n  \(hint)" }
    return result
  }

  private static func line(_ number: Int, of text: String) -> String? {
    // "\r\n" is one character and would not be split at "\n"; as scalars it is.
    let lines = text.unicodeScalars.split(separator: "\n", maxSplits: number, omittingEmptySubsequences: false)
    guard lines.indices.contains(number - 1) else { return nil }
    let line = lines[number - 1]
    return String(Substring(line.last == "\r" ? line.dropLast() : line))
  }
}

extension Diagnostic {
  /// Diagnostics in the order of their places, those without a place last, each said once.
  public static func sorted(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
    var seen: Set<Diagnostic> = []
    let unique = diagnostics.filter { seen.insert($0).inserted }
    func key(_ diagnostic: (offset: Int, element: Diagnostic)) -> (Int, Int, Int) {
      let position = diagnostic.element.position
      return (position?.line ?? .max, position?.column ?? .max, diagnostic.offset)
    }
    return unique.enumerated().sorted { key($0) < key($1) }.map(\.element)
  }
}
