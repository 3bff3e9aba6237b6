internal import Documents

/// Turns tokens into statements and expressions.
struct TemplateParser {
  let source: SourceText
  private let tokens: [Token]
  private var index = 0
  private var depth = 0
  /// Which of the names that change how a macro is called are used in the macros around this place.
  var specialNames: [Set<String>] = []
  /// How many loops are around this place; `break` needs one.
  var loops = 0

  private init(_ source: SourceText, _ tokens: [Token]) {
    self.source = source
    self.tokens = tokens
  }

  /// The statements of a template.
  static func statements(of source: SourceText, dialect: Template.Dialect) throws(TemplateError) -> [Statement] {
    guard source.scalars.count <= TemplateLimits.templateBytes else {
      throw source.error(Fault("longer than \(TemplateLimits.templateBytes) bytes", kind: .limit), at: 0)
    }
    var parser = TemplateParser(source, try TemplateScanner.tokens(of: source, dialect: dialect))
    let body = try parser.parseBody(until: [], of: nil)
    return body
  }

  // MARK: Tokens

  var token: Token { tokens[min(index, tokens.count - 1)] }
  var nextToken: Token { tokens[min(index + 1, tokens.count - 1)] }
  var offset: Int { token.offset }

  mutating func advance() { index += 1 }

  func isMark(_ mark: String) -> Bool { token.kind == .mark(mark) }
  func isName(_ name: String) -> Bool { token.kind == .name(name) }

  mutating func take(_ mark: String) -> Bool {
    guard isMark(mark) else { return false }
    index += 1
    return true
  }

  mutating func takeName(_ name: String) -> Bool {
    guard isName(name) else { return false }
    index += 1
    return true
  }

  mutating func expect(_ mark: String, _ place: String) throws(TemplateError) {
    guard take(mark) else { throw failure("expected \"\(mark)\" \(place), found \(token.text)") }
  }

  mutating func expect(_ kind: Token.Kind) throws(TemplateError) {
    guard token.kind == kind else {
      throw failure("expected \(Token(kind: kind, offset: 0).text), found \(token.text)")
    }
    index += 1
  }

  mutating func expectName(_ place: String) throws(TemplateError) -> String {
    guard case .name(let name) = token.kind else { throw failure("expected a name \(place), found \(token.text)") }
    index += 1
    return name
  }

  func failure(_ message: String, at offset: Int? = nil, hint: String? = nil) -> TemplateError {
    source.error(Fault(message, kind: .syntax, hint: hint), at: offset ?? self.offset)
  }

  // MARK: Depth

  /// Goes one level deeper; what was entered is left again by ``leave(_:)``.
  mutating func enter() throws(TemplateError) {
    depth += 1
    guard depth <= TemplateLimits.syntaxDepth else {
      throw source.error(
        Fault("nested deeper than \(TemplateLimits.syntaxDepth) levels", kind: .limit), at: offset)
    }
  }

  mutating func leave(_ levels: Int = 1) { depth -= levels }

  /// A link of a chain: it makes the tree one level higher without going deeper into the text.
  func linked(_ offset: Int, _ kind: Expression.Kind) throws(TemplateError) -> Expression {
    let expression = Expression(offset: offset, kind: kind)
    try checkHeight(of: expression)
    return expression
  }

  func checkHeight(of expression: Expression) throws(TemplateError) {
    guard expression.height <= TemplateLimits.expressionHeight else {
      throw source.error(
        Fault("a chain of more than \(TemplateLimits.expressionHeight) links", kind: .limit), at: offset)
    }
  }
}
