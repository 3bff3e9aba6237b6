/// A template in the Jinja language, parsed once and rendered any number of times, from any thread.
///
/// The language is jinja2's as chat templates and task files use it; values behave as Python's. A template is
/// untrusted: what it may cost is limited (see ``TemplateLimits``), and it can reach nothing but what it is given.
public struct Template: Sendable {
  /// The two settings in which the field uses the language.
  public enum Dialect: String, Sendable {
    /// The chat template of a model, as transformers sets it up: newlines behind blocks and blanks before them are
    /// removed, what is not defined prints as nothing, lists cannot be changed.
    case chat
    /// A template in a task file, as lm-evaluation-harness sets it up: white space stays, and using what is not
    /// defined is an error.
    case task
  }

  /// The name in error messages, usually a path.
  public var name: String { source.name }
  /// The setting.
  public let dialect: Dialect
  private let source: SourceText
  private let body: [Statement]

  /// Parses a template.
  ///
  /// - Parameter name: what error messages call it, usually a path.
  public init(text: String, name: String, dialect: Dialect) throws(TemplateError) {
    source = SourceText(text, name: name, keepsLastNewline: dialect == .task)
    self.dialect = dialect
    body = try TemplateParser.statements(of: source, dialect: dialect)
  }

  /// The text that the template makes of the variables.
  ///
  /// - Parameters:
  ///   - context: the variables by name.
  ///   - clock: what `strftime_now` takes for now; without it the function is an error.
  public func render(
    _ context: [(String, TemplateValue)], clock: TemplateClock? = nil
  ) throws(TemplateError) -> String {
    let interpreter = Interpreter(source, dialect, context, clock: clock)
    return try interpreter.render(body)
  }
}
