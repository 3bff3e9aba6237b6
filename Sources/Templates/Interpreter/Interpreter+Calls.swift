internal import Documents

extension Interpreter {
  /// The functions that every template knows.
  static let functions: Set<String> = [
    "cycler", "dict", "joiner", "lipsum", "namespace", "raise_exception", "range", "strftime_now",
  ]

  /// Computes the arguments of a call.
  func evaluate(
    _ arguments: Expression.Arguments, of callee: String, at offset: Int
  ) throws(TemplateError) -> CallArguments {
    var call = CallArguments(callee: callee)
    for argument in arguments.positional { call.positional.append(try evaluate(argument)) }
    if let list = arguments.unpackedList {
      call.positional += try elements(of: try evaluate(list), at: list.offset)
    }
    for (name, value) in arguments.named { call.named.append((name, try evaluate(value))) }
    if let dictionary = arguments.unpackedDictionary {
      guard case .dictionary(let members) = try evaluate(dictionary) else {
        throw error(Fault("what stands behind \"**\" is no dictionary"), at: dictionary.offset)
      }
      for (key, value) in members.entries {
        guard let name = key.string else { throw error(Fault("a name of an argument is no text"), at: offset) }
        call.named.append((name, value))
      }
    }
    return call
  }

  func evaluateCall(
    _ callee: Expression, _ arguments: Expression.Arguments, at offset: Int
  ) throws(TemplateError) -> TemplateValue {
    guard case .attribute(let base, let name) = callee.kind else {
      let function = try evaluate(callee)
      return try call(function, try evaluate(arguments, of: "the call", at: offset), at: callee.offset)
    }
    let receiver = try evaluate(base)
    let function = try at(callee.offset) { () throws(Fault) in try attribute(name, of: receiver) }
    guard case .callable(.method(_, name)) = function else {
      let given = try evaluate(arguments, of: "\"\(name)\"", at: offset)
      if case .undefined(let missing) = function {
        throw error(unknownMethod(missing, of: receiver), at: callee.offset)
      }
      return try call(function, given, at: callee.offset)
    }
    let given = try evaluate(arguments, of: "\"\(name)\"", at: offset)
    if MethodCatalog.isMutation(name, of: receiver) {
      return try mutate(base, at: callee.offset) { (value) throws(TemplateError) in
        try self.at(callee.offset) { () throws(Fault) in try self.mutate(&value, name, given) }
      }
    }
    return try at(callee.offset) { () throws(Fault) in try callMethod(receiver, name, given) }
  }

  private func unknownMethod(_ missing: TemplateMissing, of receiver: TemplateValue) -> Fault {
    var fault = missing.fault
    fault.message += ", so it cannot be called"
    if fault.hint == nil { fault.hint = Fault.nearest(missing.name, in: MethodCatalog.names(of: receiver).sorted()) }
    return fault
  }

  /// Calls a value.
  func call(
    _ function: TemplateValue, _ arguments: CallArguments, at offset: Int
  ) throws(TemplateError) -> TemplateValue {
    switch function {
    case .callable(.macro(let number)): return try callMacro(number, arguments, at: offset)
    case .callable(.function(let name)):
      return try at(offset) { () throws(Fault) in try callFunction(name, arguments) }
    case .callable(.method(let receiver, let name)):
      return try at(offset) { () throws(Fault) in
        guard !MethodCatalog.isMutation(name, of: receiver) else {
          throw Fault("\"\(name)\" changes \(receiver.aType) and must be called on it directly")
        }
        return try callMethod(receiver, name, arguments)
      }
    case .callable(.joiner(let number)):
      guard case .joiner(let separator, let isUsed) = objects[number] else { return .string("") }
      objects[number] = .joiner(separator, isUsed: true)
      return .string(isUsed ? separator : "")
    case .object(let object) where object.kind == .loop: return try recur(object, arguments, at: offset)
    case .undefined(let missing): throw error(missing.fault, at: offset)
    default: throw error(Fault("\(function.aType) cannot be called"), at: offset)
    }
  }

  // MARK: Macros

  private func callMacro(
    _ number: Int, _ arguments: CallArguments, at offset: Int
  ) throws(TemplateError) -> TemplateValue {
    guard case .macro(let macro, let around) = objects[number] else { return .none }
    let inner = Scope(parent: around)
    try enter(at: offset)
    defer { depth -= 1 }
    let text = try capture { () throws(TemplateError) in
      _ = try runInside(inner) { () throws(TemplateError) in
        try bind(arguments, of: macro, at: offset)
        return try run(macro.body)
      }
    }
    return .string(text)
  }

  /// Sets the parameters of a macro in the scope that was made for it.
  private func bind(
    _ arguments: CallArguments, of macro: Statement.Macro, at offset: Int
  ) throws(TemplateError) {
    let name = "the macro \"\(macro.name)\""
    let parameters = macro.parameters
    let extra = arguments.positional.dropFirst(parameters.count)
    guard extra.isEmpty || macro.usesVariableArguments else {
      throw error(
        Fault("\(name) takes \(CallArguments.count(parameters.count)), found \(arguments.positional.count)"), at: offset
      )
    }
    for (parameter, value) in zip(parameters, arguments.positional) { scope.values[parameter.name] = value }
    var others = TemplateDictionary()
    for (argument, value) in arguments.named {
      if let place = parameters.firstIndex(where: { $0.name == argument }) {
        guard place >= arguments.positional.count else {
          throw error(Fault("the argument \"\(argument)\" of \(name) is given twice"), at: offset)
        }
        scope.values[argument] = value
      } else if argument == "caller", macro.usesCaller {
        scope.values["caller"] = value
      } else if macro.usesNamedArguments {
        others.set(argument, value)
      } else {
        let hint = Fault.nearest(argument, in: parameters.map(\.name))
        throw error(
          Fault("\(name) has no parameter \(PrintableText.quoted(argument))", hint: hint), at: offset)
      }
    }
    if macro.usesVariableArguments { scope.values["varargs"] = .tuple(Array(extra)) }
    if macro.usesNamedArguments { scope.values["kwargs"] = .dictionary(others) }
    if macro.usesCaller, scope.values["caller"] == nil {
      scope.values["caller"] = .undefined(TemplateMissing("caller"))
    }
    for parameter in parameters where scope.values[parameter.name] == nil {
      scope.values[parameter.name] =
        try parameter.value.map { (value) throws(TemplateError) in try evaluate(value) }
        ?? .undefined(TemplateMissing(parameter.name))
    }
  }

  // MARK: Functions

  private func callFunction(_ name: String, _ call: CallArguments) throws(Fault) -> TemplateValue {
    var call = call
    call.callee = "\"\(name)\""
    switch name {
    case "range": return try makeRange(call)
    case "dict": return .dictionary(try makeDictionary(call))
    case "namespace":
      let members = try makeDictionary(call)
      if dialect == .chat, let key = members.keys.lazy.compactMap(\.string).first(where: { $0.hasPrefix("_") }) {
        throw Fault("a namespace may not have \"\(key)\": names with \"_\" in front are refused", kind: .refused)
      }
      return .object(TemplateObject(kind: .namespace, number: try add(.namespace(members))))
    case "cycler":
      guard !call.positional.isEmpty else { throw Fault("\"cycler\" has nothing to choose from") }
      return .object(TemplateObject(kind: .cycler, number: try add(.cycler(call.positional, 0))))
    case "joiner":
      let separator = try call.bind("sep")[0].text("sep", or: ", ")
      return .callable(.joiner(try add(.joiner(separator, isUsed: false))))
    case "raise_exception":
      guard dialect == .chat else { throw Fault("\"raise_exception\" is not defined", kind: .undefined) }
      throw Fault(try text(of: try call.only()), kind: .raised)
    case "strftime_now":
      guard dialect == .chat else { throw Fault("\"strftime_now\" is not defined", kind: .undefined) }
      guard let clock else { throw Fault("\"strftime_now\" asks for the time, and none was given") }
      return .string(try clock.text(try call.bind("format", required: 1)[0].text("format", or: "")))
    default: throw Fault("\"\(name)\" is refused: its text is random", kind: .refused)
    }
  }

  private func makeRange(_ call: CallArguments) throws(Fault) -> TemplateValue {
    guard call.named.isEmpty, (1...3).contains(call.positional.count) else {
      throw Fault("\"range\" takes 1 to 3 arguments without names, found \(call.positional.count + call.named.count)")
    }
    var bounds: [Int] = []
    for value in call.positional {
      try requireDefined(value)
      guard let number = value.integer else {
        throw Fault("an argument of \"range\" is \(value.aType), not a whole number")
      }
      bounds.append(min(max(number, -(1 << 60)), 1 << 60))
    }
    let range = TemplateRange(
      start: bounds.count > 1 ? bounds[0] : 0, stop: bounds.count > 1 ? bounds[1] : bounds[0],
      step: bounds.count > 2 ? bounds[2] : 1)
    guard range.step != 0 else { throw Fault("the step of a range is 0") }
    guard range.count <= TemplateLimits.rangeLength else {
      throw Fault("a range has more than \(TemplateLimits.rangeLength) numbers", kind: .limit)
    }
    return .range(range)
  }

  /// The dictionary of `dict(pairs, name=value)`.
  private func makeDictionary(_ call: CallArguments) throws(Fault) -> TemplateDictionary {
    guard call.positional.count <= 1 else {
      throw Fault("\(call.callee) takes at most 1 argument without a name, found \(call.positional.count)")
    }
    var result = TemplateDictionary()
    if let first = call.positional.first { try fill(&result, from: first) }
    for (name, value) in call.named { result.set(name, value) }
    _ = try nested(.dictionary(result))
    return result
  }

  /// Adds the members of a dictionary, or of a list of pairs.
  func fill(_ dictionary: inout TemplateDictionary, from value: TemplateValue) throws(Fault) {
    if case .dictionary(let other) = value {
      try meter.charge(other.count)
      for (key, value) in other.entries { try dictionary.set(key, value) }
      return
    }
    for pair in try elements(of: value) {
      let parts = try elements(of: pair)
      guard parts.count == 2 else { throw Fault("expected pairs of a key and a value, found \(parts.count) values") }
      try dictionary.set(parts[0], parts[1])
    }
  }
}
