public import Documents

/// The canonical form of a spec's text: order of keys, indentation, blanks. What it says and every comment stay.
public enum SpecFormat {
  /// The text in canonical form, or nil with the reasons why it cannot be brought into it.
  ///
  /// The result is read again and compared with what the text says, and formatting it once more changes nothing; where an order of keys would part an alias from its
  /// anchor, keys stay where they are.
  public static func formatted(_ text: String, file: String) -> (text: String?, diagnostics: [Diagnostic]) {
    let stream = SyntaxParser.parse(text, file: file)
    guard !stream.diagnostics.contains(where: { $0.severity == .error }) else { return (nil, stream.diagnostics) }
    let layout: SpecLayout
    do throws(LayoutError) {
      layout = try LayoutReader.read(text)
    } catch {
      return (nil, [refusal(file, line: error.line, error.message)])
    }
    for order in [KeyOrder.ordered, { $0 }] as [(SpecLayout) -> SpecLayout] {
      let result = LayoutWriter.text(of: order(layout))
      let again = SyntaxParser.parse(result, file: file)
      if again.diagnostics.isEmpty, again.says(whatIsSaidIn: stream), TextLines(result) == TextLines(text),
        let second = try? LayoutReader.read(result), LayoutWriter.text(of: order(second)) == result
      {
        return (result, [])
      }
    }
    return (nil, [refusal(file, line: 1, "with other indentation it would say something else")])
  }

  private static func refusal(_ file: String, line: Int, _ reason: String) -> Diagnostic {
    Diagnostic(
      .error, file: file, at: SourcePosition(line: line, column: 1),
      "this layout cannot be brought into form: \(reason)",
      hint: "the file is as it was; braid spec check reads it all the same")
  }
}

/// The lines of a text without blanks and dashes, however often each is there: what no formatting may lose.
struct TextLines: Equatable {
  private let counts: [String: Int]

  init(_ text: String) {
    let start = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
    counts = start.replacing("\r\n", with: "\n").split(separator: "\n").reduce(into: [:]) { counts, line in
      var rest = line.drop { $0.isWhitespace }
      while rest.first == "-", rest.dropFirst().first?.isWhitespace ?? true {
        rest = rest.dropFirst().drop { $0.isWhitespace }
      }
      let words = rest.filter { !$0.isWhitespace }
      if !words.isEmpty { counts[words, default: 0] += 1 }
    }
  }
}

extension SyntaxStream {
  /// Whether both say the same, in whatever order keys stand.
  func says(whatIsSaidIn other: SyntaxStream) -> Bool {
    documents.count == other.documents.count
      && zip(documents, other.documents).allSatisfy { $0.root.says(whatIsSaidIn: $1.root) }
  }
}

extension SyntaxNode {
  /// Whether both say the same, in whatever order keys stand.
  func says(whatIsSaidIn other: SyntaxNode) -> Bool {
    switch (value, other.value) {
    case (.scalar(let a), .scalar(let b)): return a.text == b.text && a.isPlain == b.isPlain
    case (.sequence(let a), .sequence(let b)):
      return a.count == b.count && zip(a, b).allSatisfy { $0.says(whatIsSaidIn: $1) }
    case (.mapping(let a), .mapping(let b)):
      guard a.count == b.count else { return false }
      let fields = Fields(b)
      return a.allSatisfy { entry in fields[entry.key].map { entry.value.says(whatIsSaidIn: $0.value) } ?? false }
    default: return false
    }
  }
}
