internal import Documents

/// The filters that templates may use.
enum FilterCatalog {
  static let text: Set<String> = [
    "capitalize", "center", "e", "escape", "forceescape", "format", "indent", "lower", "regex_replace", "replace",
    "safe", "string", "striptags", "title", "tojson", "trim", "truncate", "upper", "urlencode", "wordcount",
    "wordwrap",
  ]
  static let number: Set<String> = ["abs", "float", "int", "round"]
  static let names = text.union(number).union([
    "attr", "batch", "count", "d", "default", "dictsort", "first", "groupby", "items", "join", "last", "length",
    "list", "map", "max", "min", "reject", "rejectattr", "reverse", "select", "selectattr", "slice", "sort", "sum",
    "unique",
  ])
}

extension Interpreter {
  /// Applies a filter.
  func filter(_ name: String, _ value: TemplateValue, _ call: CallArguments) throws(Fault) -> TemplateValue {
    try meter.charge(1)
    if name == "default" || name == "d" {
      let given = try call.bind("default_value", "boolean")
      let isMissing = value.isUndefined || given[1].isTrue && !value.isTrue
      return isMissing ? given[0] ?? .string("") : value
    }
    try requireDefined(value)
    for argument in call.positional { try requireDefined(argument) }
    if FilterCatalog.text.contains(name) { return try textFilter(name, value, call) }
    if FilterCatalog.number.contains(name) { return try numberFilter(name, value, call) }
    switch name {
    case "length", "count":
      _ = try call.bind()
      return .integer(try count(of: value))
    case "first":
      _ = try call.bind()
      return try elements(of: value).first ?? .undefined(TemplateMissing("first", owner: "an empty list"))
    case "last":
      _ = try call.bind()
      return try elements(of: value).last ?? .undefined(TemplateMissing("last", owner: "an empty list"))
    case "list":
      _ = try call.bind()
      return .list(try elements(of: value))
    case "reverse":
      _ = try call.bind()
      if let text = value.string { return .string(String(scalars: text.unicodeScalars.reversed())) }
      return .sequence(.generator, try elements(of: value).reversed())
    case "attr":
      let name = try call.bind("name", required: 1)[0].text("name", or: "")
      if case .object = value { return try attribute(name, of: value) }
      return MethodCatalog.names(of: value).contains(name)
        ? .callable(.method(value, name)) : .undefined(TemplateMissing(name, owner: value.aType))
    case "items", "dictsort": return try dictionaryFilter(name, value, call)
    case "map", "select", "reject", "selectattr", "rejectattr": return try choosingFilter(name, value, call)
    case "join", "sum", "min", "max": return try reducingFilter(name, value, call)
    default: return try arrangingFilter(name, value, call)
    }
  }

  /// How long a text, list or dictionary is.
  func count(of value: TemplateValue) throws(Fault) -> Int {
    switch value {
    case .undefined: return 0
    case .string(let text), .safe(let text):
      try meter.charge(bytes: text.utf8.count)
      return text.unicodeScalars.count
    case .list(let elements), .tuple(let elements): return elements.count
    case .sequence(let kind, let elements) where kind != .generator: return elements.count
    case .sequence: throw Fault("a filter's result has no length", hint: "add \"| list\"")
    case .dictionary(let members): return members.count
    case .range(let range): return range.count
    default: throw Fault("\(value.aType) has no length")
    }
  }

  private func dictionaryFilter(
    _ name: String, _ value: TemplateValue, _ call: CallArguments
  ) throws(Fault) -> TemplateValue {
    if value.isUndefined { return .sequence(.generator, []) }
    guard case .dictionary(let members) = value else {
      throw Fault("the filter \"\(name)\" takes a dictionary, found \(value.aType)")
    }
    try meter.charge(members.count)
    if name == "items" {
      _ = try call.bind()
      return .sequence(.generator, members.items)
    }
    let given = try call.bind("case_sensitive", "by", "reverse")
    let by = try given[1].text("by", or: "key")
    guard by == "key" || by == "value" else { throw Fault("\"dictsort\" sorts by \"key\" or \"value\"") }
    var keyed: [TemplateValue] = []
    for (key, value) in members.entries {
      let sortKey = folded(by == "key" ? key : value, isCaseSensitive: given[0].isTrue)
      keyed.append(.tuple([sortKey, .tuple([key, value])]))
    }
    return .list(try sortedByKey(keyed, reversed: given[2].isTrue))
  }

  // MARK: Keys

  /// A text in small letters where case does not count; anything else as it is.
  func folded(_ value: TemplateValue, isCaseSensitive: Bool) -> TemplateValue {
    guard !isCaseSensitive, let text = value.string else { return value }
    return .string(PythonString.lower(text))
  }

  /// Sorts pairs of a key and a value by the keys and gives the values.
  func sortedByKey(_ pairs: [TemplateValue], reversed: Bool) throws(Fault) -> [TemplateValue] {
    let sorted = try sorted(pairs, reversed: reversed) { (a, b) throws(Fault) in
      try isLess(a.elements?[0] ?? .none, b.elements?[0] ?? .none)
    }
    return sorted.map { $0.elements?[1] ?? .none }
  }

  /// What `a.b.0` gives of a value.
  func attribute(path: TemplateValue, of value: TemplateValue) throws(Fault) -> TemplateValue {
    guard let path = path.string else { return try item(path, of: value) }
    var value = value
    for part in PythonString.split(path, by: ".", limit: .max) {
      value = try item(Int(part).map { .integer($0) } ?? .string(part), of: value)
    }
    return value
  }
}
