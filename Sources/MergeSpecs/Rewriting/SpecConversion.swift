public import Documents
public import MergeMethods

/// Rewrites a spec of mergekit, or of an older form, as today's language has it.
public enum SpecConversion {
  /// Which program a spec was written for.
  public enum Origin: String, CaseIterable, Sendable {
    case mergekit
    /// Its program for weight files without models around them: a list of numbers counts with its first there.
    case mergekitPyTorch = "mergekit-pytorch"
    /// Its program that has no spec but options; the text is its command line, as it stands in a script.
    case mergekitLegacy = "mergekit-legacy"
    /// Its oldest program for models made of layers of others: slices, and models for the tensors beside the layers.
    case bakllama
  }

  /// A rewritten spec.
  public struct Result: Sendable {
    /// The text; the very same if there was nothing to change.
    public var text: String
    /// What was changed, a note each, with places in the old text.
    public var notes: [Diagnostic]
    /// What is still to be said about the new text.
    public var remaining: [Diagnostic]
  }

  /// Rewrites a text.
  ///
  /// What mergekit passes over without a word, such as a misspelt key, becomes a comment, so that the result means what
  /// it meant there. Comments stay with what they stand by. A text with command lines of `mergekit-legacy` is understood
  /// whatever the origin, and so is a configuration of bakllama, which has `layer_slices`.
  ///
  /// - Returns: the result, or nil if the text cannot be read, and then why.
  public static func converted(
    _ text: String, file: String, from origin: Origin = .mergekit, methods: [MethodDescription] = Catalog.methods
  ) -> (result: Result?, diagnostics: [Diagnostic]) {
    if let commands = LegacyCommand.commands(in: text) {
      return LegacyConversion.converted(commands, text: text, file: file, methods: methods)
    }
    if origin == .mergekitLegacy {
      let hint = "the text is a line such as `mergekit-legacy OUT --merge A --merge B --method linear`"
      return (nil, [Diagnostic(.error, file: file, "there is no command line of mergekit-legacy", hint: hint)])
    }
    let stream = SyntaxParser.parse(text, file: file, lenient: true)
    let errors = stream.diagnostics.filter { $0.severity == .error }
    guard errors.isEmpty else { return (nil, errors) }
    if origin == .bakllama || stream.documents.contains(where: { BakllamaConversion.recognises($0.root) }) {
      return BakllamaConversion.converted(stream, text: text, file: file, methods: methods)
    }
    var layout: SpecLayout
    do throws(LayoutError) {
      layout = try LayoutReader.read(text)
    } catch {
      let position = SourcePosition(line: error.line, column: 1)
      return (
        nil, [Diagnostic(.error, file: file, at: position, "this layout cannot be rewritten: \(error.message)")]
      )
    }
    var converter = SpecConverter(file: file, origin: origin, methods: methods)
    converter.convert(&layout)
    let result = converter.notes.isEmpty ? text : LayoutWriter.text(of: layout)
    let remaining = StagedSpec.parse(result, file: file, methods: methods).diagnostics
    return (Result(text: result, notes: Diagnostic.sorted(converter.notes), remaining: remaining), [])
  }
}
