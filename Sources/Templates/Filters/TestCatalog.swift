internal import Documents

/// The tests that templates may use.
enum TestCatalog {
  static let names: Set<String> = [
    "!=", "<", "<=", "==", ">", ">=", "boolean", "callable", "defined", "divisibleby", "eq", "equalto", "escaped",
    "even", "false", "filter", "float", "ge", "greaterthan", "gt", "in", "integer", "iterable", "le", "lessthan",
    "lower", "lt", "mapping", "ne", "none", "number", "odd", "sameas", "sequence", "string", "test", "true",
    "undefined", "upper",
  ]
  /// The tests that compare, and their operators.
  static let comparisons: [String: Comparison] = [
    "!=": .notEqual, "<": .less, "<=": .lessOrEqual, "==": .equal, ">": .greater, ">=": .greaterOrEqual,
    "eq": .equal, "equalto": .equal, "ge": .greaterOrEqual, "greaterthan": .greater, "gt": .greater, "in": .isIn,
    "le": .lessOrEqual, "lessthan": .less, "lt": .less, "ne": .notEqual,
  ]
}

extension Interpreter {
  /// Whether a value passes a test.
  func test(_ name: String, _ value: TemplateValue, _ call: CallArguments) throws(Fault) -> Bool {
    if let comparison = TestCatalog.comparisons[name] { return try compare(comparison, value, try call.only()) }
    switch name {
    case "divisibleby":
      let result = try binary(.remainder, value, try call.only())
      return try areEqual(result, .integer(0))
    case "sameas": return try areSame(value, try call.only())
    default: break
    }
    guard call.positional.isEmpty, call.named.isEmpty else { throw Fault("\(call.callee) takes no argument") }
    switch name {
    case "defined": return !value.isUndefined
    case "undefined": return value.isUndefined
    case "none": return value.isNone
    case "boolean": if case .bool = value { return true }
    case "true": if case .bool(true) = value { return true }
    case "false": if case .bool(false) = value { return true }
    case "integer": if case .integer = value { return true }
    case "float": if case .float = value { return true }
    case "number": return value.number != nil
    case "string": return value.string != nil
    case "escaped": if case .safe = value { return true }
    case "mapping": if case .dictionary = value { return true }
    case "odd", "even":
      return try areEqual(try binary(.remainder, value, .integer(2)), .integer(name == "odd" ? 1 : 0))
    case "upper": return PythonString.isCased(try text(of: value), upper: true)
    case "lower": return PythonString.isCased(try text(of: value), upper: false)
    case "filter": return try FilterCatalog.names.contains(text(of: value))
    case "test": return try TestCatalog.names.contains(text(of: value))
    default: return try isKind(name, value)
    }
    return false
  }

  /// The tests of what can be done with a value.
  private func isKind(_ name: String, _ value: TemplateValue) throws(Fault) -> Bool {
    switch (name, value) {
    case ("callable", .callable), ("callable", .undefined): return true
    case ("callable", .object(let object)): return object.kind == .loop
    case ("iterable", .undefined):
      try requireDefined(value)
      return true
    case ("sequence", .undefined): return dialect == .chat
    case ("iterable", .sequence): return true
    case ("iterable", .string), ("iterable", .safe), ("iterable", .list), ("iterable", .tuple),
      ("iterable", .dictionary), ("iterable", .range), ("sequence", .string), ("sequence", .safe),
      ("sequence", .list), ("sequence", .tuple), ("sequence", .dictionary), ("sequence", .range):
      return true
    default: return false
    }
  }

  /// Whether two values are the same one: of values without identity, whether they are equal and of one type.
  private func areSame(_ a: TemplateValue, _ b: TemplateValue) throws(Fault) -> Bool {
    switch (a, b) {
    case (.none, .none): return true
    case (.bool(let a), .bool(let b)): return a == b
    case (.integer(let a), .integer(let b)): return a == b
    case (.float(let a), .float(let b)): return a == b
    case (.string, .string), (.safe, .safe), (.object, .object): return try areEqual(a, b)
    default: return false
    }
  }
}
