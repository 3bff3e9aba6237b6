internal import Documents
internal import MergeMethods

/// Makes a spec of the command lines in a text: one document for the last of them, and one for each that it needs.
enum LegacyConversion {
  static func converted(
    _ commands: [ShellWords.Command], text: String, file: String, methods: [MethodDescription]
  ) -> (result: SpecConversion.Result?, diagnostics: [Diagnostic]) {
    if let line = ShellWords(text).openQuote {
      let position = SourcePosition(line: line, column: 1)
      return (nil, [Diagnostic(.error, file: file, at: position, "a quote begins here and does not end")])
    }
    var merges = commands.map { LegacyCommand($0, file: file, methods: methods) }
    var needed: Set<Int> = [merges.count - 1]
    for index in merges.indices.reversed() where needed.contains(index) {
      for reference in merges[index].references {
        // A later merge into the same folder has taken the place of an earlier one.
        if let stage = merges[..<index].lastIndex(where: { isSame($0.output, reference) }) { needed.insert(stage) }
      }
    }
    var notes: [Diagnostic] = []
    var errors: [Diagnostic] = []
    var documents: [String] = []
    for index in merges.indices {
      guard needed.contains(index) else {
        notes.append(
          Diagnostic(
            .note, file: file, at: SourcePosition(line: commands[index].line, column: 1),
            "this merge is left out: the last one does not need it", hint: "convert it from a file of its own"))
        continue
      }
      let name = index == merges.count - 1 ? nil : merges[index].output
      documents.append(merges[index].spec(named: name.map(plain)))
      notes += merges[index].notes
      errors += merges[index].errors
    }
    guard errors.isEmpty else { return (nil, Diagnostic.sorted(errors)) }
    let comments = text.split(whereSeparator: \.isNewline).map { "# \($0)" }.joined(separator: "\n")
    let result = comments + "\n" + documents.joined(separator: "---\n")
    let remaining = StagedSpec.parse(result, file: file, methods: methods).diagnostics
    return (SpecConversion.Result(text: result, notes: Diagnostic.sorted(notes), remaining: remaining), [])
  }

  private static func isSame(_ output: String?, _ reference: String) -> Bool {
    output.map { plain($0) == plain(reference) } ?? false
  }

  /// A folder's path without a slash at its end.
  private static func plain(_ path: String) -> String {
    path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }
}
