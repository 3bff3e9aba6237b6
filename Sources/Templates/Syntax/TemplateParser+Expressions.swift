internal import Documents

extension TemplateParser {
  static let constants: Set<String> = ["true", "True", "false", "False", "none", "None"]
  private static let operators: Set<String> = ["and", "else", "if", "in", "is", "not", "or"]

  /// Parses one value or several separated by commas, which make a tuple.
  ///
  /// - Parameters:
  ///   - conditional: whether `a if b else c` may stand here.
  ///   - name: a name at which the tuple ends.
  mutating func parseTuple(conditional: Bool = true, endsAt name: String? = nil) throws(TemplateError) -> Expression {
    let start = offset
    var elements: [Expression] = []
    var isTuple = false
    while true {
      if !elements.isEmpty, endsTuple(name) { break }
      elements.append(try parseExpression(conditional: conditional))
      guard take(",") else { break }
      isTuple = true
    }
    if let only = elements.first, !isTuple { return only }
    return Expression(offset: start, kind: .tuple(elements))
  }

  private func endsTuple(_ name: String?) -> Bool {
    switch token.kind {
    case .printEnd, .blockEnd, .end: true
    case .mark(let mark): mark == ")" || mark == "]" || mark == "}"
    case .name(let found): found == name
    default: false
    }
  }

  /// Parses an expression, loosest operator first: `a if b else c`, `or`, `and`, `not`, comparisons, sums, `~`,
  /// products, powers, signs, and what stands behind a value.
  mutating func parseExpression(conditional: Bool = true) throws(TemplateError) -> Expression {
    try enter()
    defer { leave() }
    guard conditional else { return try parseOperators() }
    var branches: [(start: Int, value: Expression, condition: Expression)] = []
    var start = offset
    var value = try parseOperators()
    while takeName("if") {
      let condition = try parseOperators()
      if takeName("else") {
        branches.append((start, value, condition))
        start = offset
        value = try parseOperators()
      } else {
        value = try linked(start, .conditional(condition, then: value, otherwise: nil))
      }
    }
    for branch in branches.reversed() {
      value = try linked(branch.start, .conditional(branch.condition, then: branch.value, otherwise: value))
    }
    return value
  }

  /// How tightly operators bind, loosest first.
  private enum Level: Int, Comparable {
    case or, and, not, comparison, sum, concatenation, product, power, sign

    static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }
    var tighter: Level { Level(rawValue: rawValue + 1) ?? .sign }
  }

  /// The level of the operator that stands here, if one does.
  private var operatorLevel: Level? {
    switch token.kind {
    case .name("or"): .or
    case .name("and"): .and
    case .name("in"): .comparison
    case .name("not"): nextToken.kind == .name("in") ? .comparison : nil
    case .mark("+"), .mark("-"): .sum
    case .mark("~"): .concatenation
    case .mark("*"), .mark("/"), .mark("//"), .mark("%"): .product
    case .mark("**"): .power
    case .mark(let mark): Comparison(rawValue: mark) == nil ? nil : .comparison
    default: nil
    }
  }

  /// Parses values joined by operators that bind at least so tightly. All join from the left, so that a chain of them
  /// makes the tree as deep as it is long, though it takes no more of the stack.
  private mutating func parseOperators(_ loosest: Level = .or) throws(TemplateError) -> Expression {
    let start = offset
    var value: Expression
    if loosest <= .not, takeName("not") {
      try enter()
      defer { leave() }
      value = Expression(offset: start, kind: .not(try parseOperators(.not)))
    } else {
      value = try parseSigned()
    }
    while let level = operatorLevel, level >= loosest {
      value = try linked(start, try parseOperator(level, behind: value))
    }
    return value
  }

  /// Parses an operator with what stands behind it; of comparisons and of `~` all that follow each other.
  private mutating func parseOperator(
    _ level: Level, behind value: Expression
  ) throws(TemplateError) -> Expression.Kind {
    switch level {
    case .comparison:
      var links: [Expression.Link] = []
      while let comparison = takeComparison() {
        links.append(Expression.Link(comparison: comparison, operand: try parseOperators(level.tighter)))
      }
      return .comparison(value, links)
    case .concatenation:
      var parts = [value]
      while take("~") { parts.append(try parseOperators(level.tighter)) }
      return .concatenation(parts)
    case .or, .and:
      advance()
      let operand = try parseOperators(level.tighter)
      return level == .or ? .or(value, operand) : .and(value, operand)
    case .not, .sum, .product, .power, .sign:
      guard case .mark(let mark) = token.kind, let found = BinaryOperator(rawValue: mark) else {
        throw failure("expected an operator, found \(token.text)")
      }
      advance()
      return .binary(found, value, try parseOperators(level.tighter))
    }
  }

  private mutating func takeComparison() -> Comparison? {
    switch token.kind {
    case .mark(let mark):
      guard let comparison = Comparison(rawValue: mark) else { return nil }
      advance()
      return comparison
    case .name("in"):
      advance()
      return .isIn
    case .name("not"):
      guard nextToken.kind == .name("in") else { return nil }
      advance()
      advance()
      return .isNotIn
    default: return nil
    }
  }

  private mutating func parseSigned(withFilters: Bool = true) throws(TemplateError) -> Expression {
    let start = offset
    let value: Expression
    if isMark("-") || isMark("+") {
      let isNegative = isMark("-")
      advance()
      try enter()
      defer { leave() }
      let operand = try parseSigned(withFilters: false)
      value = Expression(offset: start, kind: isNegative ? .negative(operand) : .positive(operand))
    } else {
      value = try parsePostfix(of: try parsePrimary())
    }
    return withFilters ? try parseFilters(of: value) : value
  }

  // MARK: Values

  private mutating func parsePrimary() throws(TemplateError) -> Expression {
    let start = offset
    switch token.kind {
    case .name(let name):
      guard !Self.operators.contains(name) else { throw failure("expected a value, found \"\(name)\"") }
      advance()
      switch name {
      case "true", "True": return Expression(offset: start, kind: .literal(.bool(true)))
      case "false", "False": return Expression(offset: start, kind: .literal(.bool(false)))
      case "none", "None": return Expression(offset: start, kind: .literal(.none))
      case "varargs", "kwargs", "caller": for level in specialNames.indices { specialNames[level].insert(name) }
      default: break
      }
      return Expression(offset: start, kind: .name(name))
    case .string(var text):
      advance()
      while case .string(let more) = token.kind {
        text += more
        advance()
      }
      return Expression(offset: start, kind: .literal(.string(text)))
    case .integer(let number):
      advance()
      return Expression(offset: start, kind: .literal(.integer(number)))
    case .float(let number):
      advance()
      return Expression(offset: start, kind: .literal(.float(number)))
    case .mark("("):
      advance()
      if take(")") { return Expression(offset: start, kind: .tuple([])) }
      let value = try parseTuple()
      try expect(")", "at the end of the parentheses")
      return value
    case .mark("["):
      advance()
      return Expression(offset: start, kind: .list(try parseElements(until: "]")))
    case .mark("{"): return try parseDictionary()
    default: throw failure("expected a value, found \(token.text)")
    }
  }

  private mutating func parseElements(until end: String) throws(TemplateError) -> [Expression] {
    var elements: [Expression] = []
    while !isMark(end) {
      if !elements.isEmpty { try expect(",", "or \"\(end)\"") }
      if isMark(end) { break }
      elements.append(try parseExpression())
    }
    advance()
    return elements
  }

  private mutating func parseDictionary() throws(TemplateError) -> Expression {
    let start = offset
    advance()
    var entries: [(key: Expression, value: Expression)] = []
    while !isMark("}") {
      if !entries.isEmpty { try expect(",", "or \"}\"") }
      if isMark("}") { break }
      let key = try parseExpression()
      try expect(":", "between a key and its value")
      entries.append((key, try parseExpression()))
    }
    advance()
    return Expression(offset: start, kind: .dictionary(entries))
  }

  // MARK: What stands behind a value

  private mutating func parsePostfix(of start: Expression) throws(TemplateError) -> Expression {
    var value = start
    var links = 0
    defer { leave(links) }
    while isMark(".") || isMark("[") || isMark("(") {
      try enter()
      links += 1
      value = try parseLink(of: value)
      try checkHeight(of: value)
    }
    return value
  }

  private mutating func parseLink(of value: Expression) throws(TemplateError) -> Expression {
    let place = offset
    if isMark("(") { return Expression(offset: value.offset, kind: .call(value, try parseArguments())) }
    if take("[") { return try parseSubscript(of: value, at: place) }
    advance()
    switch token.kind {
    case .name(let name):
      advance()
      return Expression(offset: place + 1, kind: .attribute(value, name))
    case .integer(let number):
      advance()
      return Expression(
        offset: place, kind: .item(value, Expression(offset: place + 1, kind: .literal(.integer(number)))))
    default: throw failure("expected a name or a number after \".\", found \(token.text)")
    }
  }

  private mutating func parseSubscript(of value: Expression, at place: Int) throws(TemplateError) -> Expression {
    var keys: [Expression] = []
    while !isMark("]") {
      if !keys.isEmpty { try expect(",", "or \"]\"") }
      let from = isMark(":") ? nil : try parseExpression()
      if let from, !isMark(":") {
        keys.append(from)
        continue
      }
      advance()
      let to = isMark(":") || isMark("]") ? nil : try parseExpression()
      let by = take(":") && !isMark("]") ? try parseExpression() : nil
      guard keys.isEmpty, isMark("]") else { throw failure("a slice stands among other keys", at: place) }
      advance()
      return Expression(offset: place, kind: .slice(value, from: from, to: to, by: by))
    }
    guard let first = keys.first else { throw failure("expected a key between \"[\" and \"]\"") }
    advance()
    let key = keys.count == 1 ? first : Expression(offset: first.offset, kind: .tuple(keys))
    return Expression(offset: place, kind: .item(value, key))
  }

  private mutating func parseArguments() throws(TemplateError) -> Expression.Arguments {
    try expect("(", "before the arguments")
    var arguments = Expression.Arguments()
    var isFirst = true
    while !isMark(")") {
      if !isFirst { try expect(",", "or \")\"") }
      isFirst = false
      if isMark(")") { break }
      let place = offset
      if take("**") {
        guard arguments.unpackedDictionary == nil else { throw failure("\"**\" stands here twice", at: place) }
        arguments.unpackedDictionary = try parseExpression()
      } else if take("*") {
        guard arguments.unpackedList == nil else { throw failure("\"*\" stands here twice", at: place) }
        arguments.unpackedList = try parseExpression()
      } else if case .name(let name) = token.kind, nextToken.kind == .mark("=") {
        advance()
        advance()
        arguments.named.append((name, try parseExpression()))
      } else {
        guard arguments.named.isEmpty, arguments.unpackedDictionary == nil else {
          throw failure("an argument without a name stands behind one with a name", at: place)
        }
        arguments.positional.append(try parseExpression())
      }
    }
    advance()
    return arguments
  }

  // MARK: Filters and tests

  /// Parses the filters, tests and calls behind a value.
  ///
  /// - Parameter startsInside: the first filter's name stands here, without `|` before it.
  mutating func parseFilters(of start: Expression, startsInside: Bool = false) throws(TemplateError) -> Expression {
    var value = start
    var isChain = false
    var isInside = startsInside
    while true {
      let place = offset
      if isInside || take("|") {
        isInside = false
        let nameOffset = offset
        let name = try parseDottedName("of a filter")
        guard FilterCatalog.names.contains(name) else { throw unknown("filter", name, FilterCatalog.names, nameOffset) }
        let arguments = isMark("(") ? try parseArguments() : Expression.Arguments()
        value = try linked(nameOffset, .filter(value, name, arguments))
      } else if takeName("is") {
        value = try parseTest(of: value, at: place)
      } else if isMark("("), isChain {
        value = try linked(value.offset, .call(value, try parseArguments()))
      } else {
        return value
      }
      isChain = true
    }
  }

  private mutating func parseDottedName(_ place: String) throws(TemplateError) -> String {
    var name = try expectName(place)
    while isMark("."), case .name(let more) = nextToken.kind {
      advance()
      advance()
      name += "." + more
    }
    return name
  }

  private func unknown(_ what: String, _ name: String, _ names: Set<String>, _ place: Int) -> TemplateError {
    failure(
      "there is no \(what) \(PrintableText.quoted(name))", at: place,
      hint: Fault.nearest(name, in: names.sorted()) ?? "there are: \(names.sorted().joined(separator: ", "))")
  }

  private mutating func parseTest(of value: Expression, at place: Int) throws(TemplateError) -> Expression {
    let isNegated = takeName("not")
    let nameOffset = offset
    let name = try parseDottedName("of a test")
    guard TestCatalog.names.contains(name) else { throw unknown("test", name, TestCatalog.names, nameOffset) }
    var arguments = Expression.Arguments()
    if isMark("(") {
      arguments = try parseArguments()
    } else if startsTestArgument {
      guard !isName("is") else { throw failure("tests cannot be chained: write \"and\" between them") }
      arguments.positional = [try parsePostfix(of: try parsePrimary())]
    }
    let test = try linked(nameOffset, .test(value, name, arguments))
    return isNegated ? try linked(place, .not(test)) : test
  }

  private var startsTestArgument: Bool {
    switch token.kind {
    case .name(let name): name != "else" && name != "or" && name != "and"
    case .string, .integer, .float: true
    case .mark(let mark): mark == "[" || mark == "{"
    default: false
    }
  }
}
