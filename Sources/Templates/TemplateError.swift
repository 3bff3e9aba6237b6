public import Documents

/// What is wrong with a template, or with rendering it, and where.
public struct TemplateError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of fault it is.
  public enum Kind: String, Sendable {
    /// The text is not a template.
    case syntax
    /// A value was used that is not defined.
    case undefined
    /// An operation was asked of values that do not have it.
    case value
    /// The template itself called `raise_exception`.
    case raised
    /// Something that this dialect of the language forbids.
    case refused
    /// One of ``TemplateLimits`` was reached.
    case limit
  }

  /// What kind of fault it is.
  public var kind: Kind
  /// The name of the template, usually a path.
  public var file: String
  /// The place in the template, columns in Unicode scalars.
  public var position: SourcePosition
  /// What is wrong and what was expected.
  public var message: String
  /// The nearest valid choice, or the list of them.
  public var hint: String?

  /// Makes an error; the engine does this.
  public init(_ kind: Kind, file: String, at position: SourcePosition, _ message: String, hint: String? = nil) {
    self.kind = kind
    self.file = file
    self.position = position
    self.message = message
    self.hint = hint
  }

  /// The error as a diagnostic, to be printed with the line it is about.
  public var diagnostic: Diagnostic { Diagnostic(.error, file: file, at: position, message, hint: hint) }

  /// The error on one line: `file:line:column: message (hint)`.
  public var description: String {
    "\(file):\(position.line):\(position.column): \(message)" + (hint.map { " (\($0))" } ?? "")
  }
}

/// A fault found where neither the file nor the place is known; the interpreter adds them.
struct Fault: Error {
  var kind: TemplateError.Kind = .value
  var message: String
  var hint: String?
  /// The variable that is not defined, if that is the fault.
  var variable: String?

  init(_ message: String, kind: TemplateError.Kind = .value, hint: String? = nil) {
    self.kind = kind
    self.message = message
    self.hint = hint
  }

  /// The hint for a name that nobody has: the nearest of the valid ones.
  static func nearest(_ name: String, in candidates: some Sequence<String>) -> String? {
    NearestName.of(name, in: candidates).map { "did you mean \"\($0)\"?" }
  }
}
