package import Documents
internal import Yams

/// What a YAML text says, before anyone asks what it means.
package struct SyntaxStream: Sendable {
  /// The documents that hold something; none if the text is empty or cannot be read.
  package var documents: [SyntaxTree] = []
  /// What is wrong with the syntax.
  package var diagnostics: [Diagnostic] = []
}

/// One document of a YAML text.
package struct SyntaxTree: Sendable {
  /// The value of the document.
  package var root: SyntaxNode
  /// The anchors that some alias refers to.
  package var usedAnchors: Set<String> = []
}

/// Reads YAML into trees in which every value knows its place.
package enum SyntaxParser {
  /// The longest text that is read; real specs, machine-made ones included, stay far below.
  package static let maximumByteCount = 1 << 20
  /// The most documents in a text. Each may read from the one before, and is then computed within it.
  package static let maximumDocumentCount = 100

  /// Parses a text; empty documents are left out.
  ///
  /// - Parameters:
  ///   - file: the name of the text in diagnostics.
  ///   - lenient: whether a key that stands twice is a warning, the last one counting, instead of an error.
  package static func parse(_ text: String, file: String, lenient: Bool = false) -> SyntaxStream {
    var stream = SyntaxStream()
    guard text.utf8.count <= maximumByteCount else {
      stream.diagnostics.append(
        Diagnostic(.error, file: file, "the spec is longer than \(ByteCount.text(maximumByteCount))"))
      return stream
    }
    // A byte order mark has no width and is no part of the text.
    let text = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
    guard var marked = MarkedText(text) else {
      stream.diagnostics.append(Diagnostic(.error, file: file, "the spec uses too many private characters"))
      return stream
    }
    let positions = TextPositions(text)
    while true {
      do {
        stream = try documents(of: marked, file: file, lenient: lenient, positions)
        return stream
      } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
        let offset = positions.offset(line: context.mark.line, column: context.mark.column)
        if let key = keys.first, marked.exchangeKey(marked.restored(key), at: offset) { continue }
        let name = keys.first.map(marked.restored) ?? ""
        stream.diagnostics.append(
          Diagnostic(
            .error, file: file, at: positions.position(at: offset), "the key \"\(name)\" stands twice in one mapping"))
      } catch {
        stream.diagnostics.append(diagnostic(for: error, file: file, marked: marked, positions: positions))
      }
      return stream
    }
  }

  private static func documents(
    of marked: MarkedText, file: String, lenient: Bool, _ positions: TextPositions
  ) throws -> SyntaxStream {
    var stream = SyntaxStream()
    // The library's nodes hold their anchors weakly, through the parser.
    let parser = try Parser(yaml: marked.text, resolver: .basic, encoding: .utf8)
    try withExtendedLifetime(parser) {
      var nodes = 0
      while let root = try parser.nextRoot() {
        guard stream.documents.count < maximumDocumentCount else {
          stream.diagnostics.append(
            Diagnostic(
              .error, file: file, at: root.mark.map { positions.position(line: $0.line, column: $0.column) },
              "there are more than \(maximumDocumentCount) specs in this file"))
          return
        }
        var builder = SyntaxBuilder(
          file: file, lenient: lenient, text: marked, positions: positions, counted: nodes)
        let tree = builder.tree(root)
        nodes = builder.counted
        stream.diagnostics += builder.diagnostics
        guard let tree else { return }
        if !tree.isNull { stream.documents.append(SyntaxTree(root: tree, usedAnchors: builder.usedAnchors)) }
      }
    }
    return stream
  }

  private static func diagnostic(
    for error: any Error, file: String, marked: MarkedText, positions: TextPositions
  ) -> Diagnostic {
    switch error {
    case YamlError.scanner(let context, let problem, let mark, _),
      YamlError.parser(let context, let problem, let mark, _),
      YamlError.composer(let context, let problem, let mark, _):
      let offset = positions.offset(line: mark.line, column: mark.column)
      let position = positions.position(at: offset)
      if positions.scalar(at: offset) == "\t", problem.contains("cannot start any token") {
        return Diagnostic(
          .error, file: file, at: position, "YAML does not allow a tab here", hint: "indent with blanks")
      }
      var message = "this is not valid YAML: \(problem)"
      if let context { message += " (\(context.text.trimmed), line \(context.mark.line))" }
      return Diagnostic(.error, file: file, at: position, message)
    case YamlError.reader(let problem, _, let value, _):
      let offset = marked.scalars.firstIndex { Int32(bitPattern: $0.value) == value }
      return Diagnostic(
        .error, file: file, at: offset.map(positions.position(at:)), "this is not valid YAML: \(problem)")
    default:
      return Diagnostic(.error, file: file, "this is not valid YAML: \(error)")
    }
  }
}

extension String {
  /// The text without blanks at its ends.
  fileprivate var trimmed: Substring {
    var rest = self[...]
    while rest.last?.isWhitespace ?? false { rest.removeLast() }
    return rest.drop { $0.isWhitespace }
  }
}
