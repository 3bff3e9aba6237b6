internal import Documents

extension Interpreter {
  func evaluate(_ expression: Expression) throws(TemplateError) -> TemplateValue {
    let offset = expression.offset
    try enter(at: offset)
    defer { depth -= 1 }
    switch expression.kind {
    case .binary, .and, .or, .filter, .test: return try evaluateChain(expression)
    case .literal(let value): return value
    case .name(let name): return value(of: name)
    case .list(let parts): return try nested(.list(try evaluate(parts)), at: offset)
    case .tuple(let parts): return try nested(.tuple(try evaluate(parts)), at: offset)
    case .dictionary(let entries): return try evaluate(entries, at: offset)
    case .attribute(let base, let name):
      let base = try evaluate(base)
      return try at(offset) { () throws(Fault) in try attribute(name, of: base) }
    case .item(let base, let key):
      let base = try evaluate(base)
      let key = try evaluate(key)
      return try at(offset) { () throws(Fault) in try item(key, of: base) }
    case .slice(let base, let from, let to, let by):
      let base = try evaluate(base)
      let bounds = (from: try bound(from), to: try bound(to), by: try bound(by))
      return try at(offset) { () throws(Fault) in try slice(base, from: bounds.from, to: bounds.to, by: bounds.by) }
    case .call(let callee, let arguments): return try evaluateCall(callee, arguments, at: offset)
    case .not(let operand): return .bool(!(try isTrue(try evaluate(operand), at: offset)))
    case .negative(let operand):
      let value = try evaluate(operand)
      return try at(offset) { () throws(Fault) in try negative(value) }
    case .positive(let operand):
      let value = try evaluate(operand)
      return try at(offset) { () throws(Fault) in
        guard value.number != nil else { throw unfit("+", value) }
        return value.integer.map { .integer($0) } ?? value
      }
    case .concatenation(let parts): return try concatenate(parts)
    case .comparison(let first, let rest): return try compare(first, rest)
    case .conditional: return try evaluateBranches(expression)
    case .body: return bodies.last ?? .string("")
    }
  }

  /// The value of a chain of operators, filters and tests, each of which stands behind all that comes before it. Chains
  /// may be long, so that they are walked along rather than into.
  private func evaluateChain(_ expression: Expression) throws(TemplateError) -> TemplateValue {
    var links = [expression]
    while let link = links.last, let before = link.chained { links.append(before) }
    guard let first = links.popLast() else { return .none }
    var value = try evaluate(first)
    var before = first
    while let link = links.popLast() {
      if !links.isEmpty { try charge(1, at: link.offset) }
      value = try apply(link, to: value, of: before)
      before = link
    }
    return value
  }

  /// What a link of a chain makes of the value before it.
  private func apply(
    _ link: Expression, to value: TemplateValue, of before: Expression
  ) throws(TemplateError) -> TemplateValue {
    let offset = link.offset
    switch link.kind {
    case .binary(let op, _, let right):
      let right = try evaluate(right)
      return try at(offset) { () throws(Fault) in try binary(op, value, right) }
    case .and(_, let right): return try isTrue(value, at: before.offset) ? try evaluate(right) : value
    case .or(_, let right): return try isTrue(value, at: before.offset) ? value : try evaluate(right)
    case .filter(_, let name, let arguments):
      let call = try evaluate(arguments, of: "the filter \"\(name)\"", at: offset)
      return try at(offset) { () throws(Fault) in try filter(name, value, call) }
    case .test(_, let name, let arguments):
      let call = try evaluate(arguments, of: "the test \"\(name)\"", at: offset)
      return .bool(try at(offset) { () throws(Fault) in try test(name, value, call) })
    default: return value
    }
  }

  /// The value of `a if b else c if d else e`, branch by branch.
  private func evaluateBranches(_ expression: Expression) throws(TemplateError) -> TemplateValue {
    var expression = expression
    while case .conditional(let condition, let then, let otherwise) = expression.kind {
      if try isTrue(try evaluate(condition), at: condition.offset) { return try evaluate(then) }
      guard let otherwise else {
        return .undefined(TemplateMissing("else", owner: "the \"if\" expression that is false"))
      }
      expression = otherwise
    }
    return try evaluate(expression)
  }

  private func evaluate(_ parts: [Expression]) throws(TemplateError) -> [TemplateValue] {
    var values: [TemplateValue] = []
    values.reserveCapacity(parts.count)
    for part in parts { values.append(try evaluate(part)) }
    return values
  }

  private func evaluate(
    _ entries: [(key: Expression, value: Expression)], at offset: Int
  ) throws(TemplateError) -> TemplateValue {
    var dictionary = TemplateDictionary()
    for (key, value) in entries {
      let pair = (key: try evaluate(key), value: try evaluate(value))
      try at(key.offset) { () throws(Fault) in try dictionary.set(pair.key, pair.value) }
    }
    return try nested(.dictionary(dictionary), at: offset)
  }

  private func bound(_ expression: Expression?) throws(TemplateError) -> TemplateValue {
    if let expression { try evaluate(expression) } else { .none }
  }

  private func concatenate(_ parts: [Expression]) throws(TemplateError) -> TemplateValue {
    var result = ""
    for part in parts {
      let value = try evaluate(part)
      try at(part.offset) { () throws(Fault) in
        result += try text(of: value)
        try meter.charge(bytes: result.utf8.count)
      }
    }
    return .string(result)
  }

  private func compare(_ first: Expression, _ rest: [Expression.Link]) throws(TemplateError) -> TemplateValue {
    var left = try evaluate(first)
    for link in rest {
      let right = try evaluate(link.operand)
      let holds = try at(link.operand.offset) { () throws(Fault) in try compare(link.comparison, left, right) }
      guard holds else { return .bool(false) }
      left = right
    }
    return .bool(true)
  }

  /// Checks how deep a new list or dictionary nests.
  func nested(_ value: TemplateValue, at offset: Int) throws(TemplateError) -> TemplateValue {
    try at(offset) { () throws(Fault) in try nested(value) }
  }

  func nested(_ value: TemplateValue) throws(Fault) -> TemplateValue {
    try checkDepth(value, left: TemplateLimits.valueDepth)
    return value
  }

  private func checkDepth(_ value: TemplateValue, left: Int) throws(Fault) {
    let parts: [TemplateValue]
    switch value {
    case .list(let elements), .tuple(let elements), .sequence(_, let elements): parts = elements
    case .dictionary(let dictionary): parts = dictionary.values
    case .callable(.method(let receiver, _)): parts = [receiver]
    default: return
    }
    guard left > 0 else {
      throw Fault("lists nest deeper than \(TemplateLimits.valueDepth) levels", kind: .limit)
    }
    try meter.charge(parts.count)
    for part in parts { try checkDepth(part, left: left - 1) }
  }

  // MARK: Names

  func value(of name: String) -> TemplateValue {
    if let value = scope.value(name) { return value }
    if Self.functions.contains(name) { return .callable(.function(name)) }
    return .undefined(TemplateMissing(name))
  }
}
