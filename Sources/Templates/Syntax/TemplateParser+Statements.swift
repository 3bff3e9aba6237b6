internal import Documents

extension TemplateParser {
  private static let tags = [
    "break", "call", "continue", "do", "filter", "for", "generation", "if", "macro", "raw", "set", "with",
  ]
  /// Tags that would read other files or replace blocks of them; a template here is one text.
  private static let refusedTags = ["block", "extends", "from", "import", "include"]

  /// Parses text, prints and statements up to one of the tags that end the block, which is left to be read.
  ///
  /// - Parameters:
  ///   - ends: the names of these tags; none for the whole template.
  ///   - opening: the tag that began the block, for messages.
  mutating func parseBody(
    until ends: [String], of opening: (name: String, offset: Int)?
  ) throws(TemplateError) -> [Statement] {
    try enter()
    defer { leave() }
    var body: [Statement] = []
    while true {
      let start = offset
      switch token.kind {
      case .data(let text):
        advance()
        body.append(Statement(offset: start, kind: .text(text)))
      case .printBegin:
        advance()
        let value = try parseTuple()
        try expect(.printEnd)
        body.append(Statement(offset: start, kind: .print(value)))
      case .blockBegin:
        advance()
        if case .name(let name) = token.kind, ends.contains(name) { return body }
        body.append(try parseTag(from: start, inside: opening, ends))
      default:
        if let opening {
          throw failure("\"\(opening.name)\" has no \"\(ends.last ?? "")\"", at: opening.offset)
        }
        return body
      }
    }
  }

  private mutating func parseTag(
    from start: Int, inside opening: (name: String, offset: Int)?, _ ends: [String]
  ) throws(TemplateError) -> Statement {
    let name = try expectName("of a tag")
    let tag = (name: name, offset: start)
    let kind: Statement.Kind
    switch name {
    case "if": kind = try parseBranches(tag)
    case "for": kind = try parseLoop(tag)
    case "set": return try parseSet(tag)
    case "macro": kind = try parseMacro(tag)
    case "call": kind = try parseCall(tag)
    case "filter": kind = try parseFilterBlock(tag)
    case "with": kind = try parseWith(tag)
    case "generation":
      try expect(.blockEnd)
      kind = .scope(try parseBlock(tag, end: "endgeneration"))
    case "do":
      kind = .evaluate(try parseTuple())
    case "break", "continue":
      guard loops > 0 else { throw failure("\"\(name)\" stands outside of a loop", at: start) }
      kind = name == "break" ? .stop : .next
    default: throw unknownTag(name, at: start, inside: opening, ends)
    }
    try expect(.blockEnd)
    return Statement(offset: start, kind: kind)
  }

  private func unknownTag(
    _ name: String, at start: Int, inside opening: (name: String, offset: Int)?, _ ends: [String]
  ) -> TemplateError {
    if Self.refusedTags.contains(name) {
      return source.error(
        Fault("the tag \"\(name)\" is refused: a template may not read other files", kind: .refused), at: start)
    }
    if name.hasPrefix("end") || name == "else" || name == "elif" {
      guard let opening, let end = ends.last else { return failure("\"\(name)\" ends nothing", at: start) }
      return failure(
        "\"\(name)\" stands where \"\(end)\" was expected", at: start,
        hint: "\"\(opening.name)\" begins on line \(source.position(opening.offset).line)")
    }
    return failure(
      "there is no tag \(PrintableText.quoted(name))", at: start, hint: Fault.nearest(name, in: Self.tags))
  }

  /// Parses a body and the name of the tag that ends it.
  private mutating func parseBlock(_ tag: (name: String, offset: Int), end: String) throws(TemplateError) -> [Statement]
  {
    let body = try parseBody(until: [end], of: tag)
    advance()
    return body
  }

  // MARK: if, for

  private mutating func parseBranches(_ tag: (name: String, offset: Int)) throws(TemplateError) -> Statement.Kind {
    var branches: [(condition: Expression, body: [Statement])] = []
    var otherwise: [Statement] = []
    while true {
      let condition = try parseTuple(conditional: false)
      try expect(.blockEnd)
      branches.append((condition, try parseBody(until: ["elif", "else", "endif"], of: tag)))
      if takeName("elif") { continue }
      if takeName("else") {
        try expect(.blockEnd)
        otherwise = try parseBlock(tag, end: "endif")
      } else {
        advance()
      }
      return .branch(branches, otherwise: otherwise)
    }
  }

  private mutating func parseLoop(_ tag: (name: String, offset: Int)) throws(TemplateError) -> Statement.Kind {
    let target = try parseTarget()
    guard takeName("in") else { throw failure("expected \"in\" after the variable of a loop, found \(token.text)") }
    let iterable = try parseTuple(conditional: false, endsAt: "recursive")
    let condition = takeName("if") ? try parseExpression() : nil
    let isRecursive = takeName("recursive")
    try expect(.blockEnd)
    loops += 1
    let body = try parseBody(until: ["else", "endfor"], of: tag)
    loops -= 1
    var otherwise: [Statement] = []
    if takeName("else") {
      try expect(.blockEnd)
      otherwise = try parseBlock(tag, end: "endfor")
    } else {
      advance()
    }
    return .loop(
      Statement.Loop(
        target: target, iterable: iterable, condition: condition, isRecursive: isRecursive, body: body,
        otherwise: otherwise))
  }

  // MARK: set, with

  private mutating func parseTarget(allowsAttributes: Bool = false) throws(TemplateError) -> Statement.Target {
    let start = offset
    var targets: [Statement.Target] = []
    var isTuple = false
    repeat {
      if !targets.isEmpty, isName("in") || isMark("=") || isMark(")") { break }
      targets.append(try parseSingleTarget(allowsAttributes))
      if isMark(",") { isTuple = true }
    } while take(",")
    if let only = targets.first, !isTuple { return only }
    return Statement.Target(offset: start, kind: .tuple(targets))
  }

  private mutating func parseSingleTarget(_ allowsAttributes: Bool) throws(TemplateError) -> Statement.Target {
    let start = offset
    if take("(") {
      try enter()
      defer { leave() }
      let target = try parseTarget(allowsAttributes: allowsAttributes)
      try expect(")", "after the variables")
      return target
    }
    let name = try expectName("to assign to")
    guard !Self.constants.contains(name) else { throw failure("\"\(name)\" cannot be assigned to", at: start) }
    if allowsAttributes, take(".") {
      return Statement.Target(offset: start, kind: .attribute(name, try expectName("of an attribute")))
    }
    return Statement.Target(offset: start, kind: .name(name))
  }

  private mutating func parseSet(_ tag: (name: String, offset: Int)) throws(TemplateError) -> Statement {
    let target = try parseTarget(allowsAttributes: true)
    if take("=") {
      let value = try parseTuple()
      try expect(.blockEnd)
      return Statement(offset: tag.offset, kind: .set(target, value))
    }
    let filter: Expression? = isMark("|") ? try parseFilters(of: Expression(offset: offset, kind: .body)) : nil
    guard token.kind == .blockEnd else { throw failure("expected \"=\" and a value, found \(token.text)") }
    advance()
    let body = try parseBlock(tag, end: "endset")
    try expect(.blockEnd)
    return Statement(offset: tag.offset, kind: .setBlock(target, filter: filter, body: body))
  }

  private mutating func parseWith(_ tag: (name: String, offset: Int)) throws(TemplateError) -> Statement.Kind {
    var assignments: [(target: Statement.Target, value: Expression)] = []
    while token.kind != .blockEnd {
      if !assignments.isEmpty { try expect(",", "between the variables") }
      let target = try parseSingleTarget(false)
      try expect("=", "after the variable")
      assignments.append((target, try parseExpression()))
    }
    advance()
    return .with(assignments, body: try parseBlock(tag, end: "endwith"))
  }

  // MARK: macro, call, filter

  private mutating func parseMacro(_ tag: (name: String, offset: Int)) throws(TemplateError) -> Statement.Kind {
    let name = try expectName("for the macro")
    guard isMark("(") else { throw failure("expected \"(\" after the name of the macro, found \(token.text)") }
    return .macro(try parseMacroBody(name, tag, end: "endmacro"))
  }

  private mutating func parseCall(_ tag: (name: String, offset: Int)) throws(TemplateError) -> Statement.Kind {
    // The parameters of the body come before the call, but are read as part of it.
    let parameters: [(name: String, value: Expression?)] = isMark("(") ? try parseParameters() : []
    let call = try parseExpression()
    guard case .call = call.kind else { throw failure("expected a call of a macro", at: call.offset) }
    return .call(call, try parseMacroBody("caller", tag, parameters: parameters, end: "endcall"))
  }

  private mutating func parseMacroBody(
    _ name: String, _ tag: (name: String, offset: Int), parameters: [(name: String, value: Expression?)]? = nil,
    end: String
  ) throws(TemplateError) -> Statement.Macro {
    let parameters = if let parameters { parameters } else { try parseParameters() }
    try expect(.blockEnd)
    specialNames.append([])
    let outerLoops = loops
    loops = 0
    let body = try parseBlock(tag, end: end)
    loops = outerLoops
    let used = specialNames.removeLast()
    if let last = specialNames.indices.last { specialNames[last].formUnion(used) }
    return Statement.Macro(
      name: name, parameters: parameters, body: body, usesVariableArguments: used.contains("varargs"),
      usesNamedArguments: used.contains("kwargs"), usesCaller: used.contains("caller"))
  }

  private mutating func parseParameters() throws(TemplateError) -> [(name: String, value: Expression?)] {
    try expect("(", "before the parameters")
    var parameters: [(name: String, value: Expression?)] = []
    while !isMark(")") {
      if !parameters.isEmpty { try expect(",", "between parameters") }
      if isMark(")") { break }
      let place = offset
      let name = try expectName("of a parameter")
      guard !parameters.contains(where: { $0.name == name }) else {
        throw failure("the parameter \"\(name)\" is there twice", at: place)
      }
      let value = take("=") ? try parseExpression() : nil
      guard value != nil || parameters.last?.value == nil else {
        throw failure("the parameter \"\(name)\" has no default value, but one before it has", at: place)
      }
      parameters.append((name, value))
    }
    advance()
    return parameters
  }

  private mutating func parseFilterBlock(_ tag: (name: String, offset: Int)) throws(TemplateError) -> Statement.Kind {
    let filter = try parseFilters(of: Expression(offset: offset, kind: .body), startsInside: true)
    try expect(.blockEnd)
    return .filter(filter, body: try parseBlock(tag, end: "endfilter"))
  }
}
