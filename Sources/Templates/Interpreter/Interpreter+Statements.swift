/// How a statement ends.
enum Flow { case goOn, stop, next }

extension Interpreter {
  func run(_ body: [Statement]) throws(TemplateError) -> Flow {
    for statement in body {
      let flow = try run(statement)
      if flow != .goOn { return flow }
    }
    return .goOn
  }

  /// Runs a block whose variables are its own.
  func runInside(
    _ inner: Scope, _ body: () throws(TemplateError) -> Flow
  ) throws(TemplateError) -> Flow {
    let outer = scope
    scope = inner
    defer { scope = outer }
    return try body()
  }

  private func run(_ statement: Statement) throws(TemplateError) -> Flow {
    let offset = statement.offset
    try enter(at: offset)
    defer { depth -= 1 }
    switch statement.kind {
    case .text(let text): try put(text, at: offset)
    case .print(let expression):
      let value = try evaluate(expression)
      try put(try at(expression.offset) { () throws(Fault) in try text(of: value) }, at: expression.offset)
    case .branch(let branches, let otherwise):
      for (condition, body) in branches where try isTrue(try evaluate(condition), at: condition.offset) {
        return try run(body)
      }
      return try run(otherwise)
    case .loop(let loop):
      let values = try elements(of: try evaluate(loop.iterable), at: loop.iterable.offset)
      return try run(loop, over: values, depth: 0, at: offset)
    case .set(let target, let expression): try assign(try evaluate(expression), to: target)
    case .setBlock(let target, let filter, let body):
      try assign(try filtered(try captured(body), by: filter), to: target)
    case .macro(let macro):
      let number = try at(offset) { () throws(Fault) in try add(.macro(macro, scope)) }
      scope.values[macro.name] = .callable(.macro(number))
    case .call(let call, let macro): try runCall(call, macro, at: offset)
    case .filter(let filter, let body):
      let value = try filtered(try captured(body), by: filter)
      try put(try at(offset) { () throws(Fault) in try text(of: value) }, at: offset)
    case .with(let assignments, let body):
      let inner = Scope(parent: scope)
      // The values see the variables around the block, not each other.
      for (target, value) in assignments {
        let value = try evaluate(value)
        _ = try runInside(inner) { () throws(TemplateError) in
          try assign(value, to: target)
          return .goOn
        }
      }
      return try runInside(inner) { () throws(TemplateError) in try run(body) }
    case .scope(let body): return try runInside(Scope(parent: scope)) { () throws(TemplateError) in try run(body) }
    case .evaluate(let expression): _ = try evaluate(expression)
    case .stop: return .stop
    case .next: return .next
    }
    return .goOn
  }

  private func captured(_ body: [Statement]) throws(TemplateError) -> TemplateValue {
    .string(
      try capture { () throws(TemplateError) in
        _ = try runInside(Scope(parent: scope)) { () throws(TemplateError) in try run(body) }
      })
  }

  private func filtered(_ value: TemplateValue, by filter: Expression?) throws(TemplateError) -> TemplateValue {
    guard let filter else { return value }
    bodies.append(value)
    defer { bodies.removeLast() }
    return try evaluate(filter)
  }

  private func runCall(_ call: Expression, _ body: Statement.Macro, at offset: Int) throws(TemplateError) {
    guard case .call(let callee, let arguments) = call.kind else { return }
    let number = try at(offset) { () throws(Fault) in try add(.macro(body, scope)) }
    let function = try evaluate(callee)
    var given = try evaluate(arguments, of: "the macro", at: call.offset)
    given.named.append(("caller", .callable(.macro(number))))
    let value = try self.call(function, given, at: call.offset)
    try put(try at(offset) { () throws(Fault) in try text(of: value) }, at: offset)
  }

  // MARK: Assigning

  func assign(_ value: TemplateValue, to target: Statement.Target) throws(TemplateError) {
    switch target.kind {
    case .name(let name): scope.values[name] = value
    case .attribute(let name, let attribute):
      guard case .object(let object) = scope.value(name) ?? .none, object.kind == .namespace else {
        throw error(Fault("\"\(name)\" is no namespace: only its attributes can be assigned to"), at: target.offset)
      }
      if dialect == .chat, attribute.hasPrefix("_") {
        throw error(
          Fault("a namespace may not have \"\(attribute)\": names with \"_\" in front are refused", kind: .refused),
          at: target.offset)
      }
      guard case .namespace(var members) = objects[object.number] else { return }
      objects[object.number] = .namespace(TemplateDictionary())
      members.set(attribute, value)
      objects[object.number] = .namespace(members)
    case .tuple(let targets):
      let values = try elements(of: value, at: target.offset)
      guard values.count == targets.count else {
        throw error(
          Fault("\(values.count) values for \(targets.count) variables"), at: target.offset)
      }
      for (target, value) in zip(targets, values) { try assign(value, to: target) }
    }
  }
}
