/// The methods that values have.
enum MethodCatalog {
  static let string: Set<String> = [
    "capitalize", "casefold", "center", "count", "endswith", "expandtabs", "find", "format", "index", "isalnum",
    "isalpha", "isascii", "isdecimal", "isdigit", "islower", "isnumeric", "isspace", "istitle", "isupper", "join",
    "ljust", "lower", "lstrip", "partition", "removeprefix", "removesuffix", "replace", "rfind", "rindex", "rjust",
    "rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith", "strip", "swapcase", "title", "upper",
    "zfill",
  ]
  static let list: Set<String> = [
    "append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove", "reverse", "sort",
  ]
  static let tuple: Set<String> = ["count", "index"]
  static let dictionary: Set<String> = [
    "clear", "copy", "get", "items", "keys", "pop", "popitem", "setdefault", "update", "values",
  ]
  /// The methods that change their value.
  private static let mutations: Set<String> = [
    "append", "clear", "extend", "insert", "pop", "popitem", "remove", "reverse", "setdefault", "sort", "update",
  ]
  private static let number: Set<String> = ["is_integer", "bit_length"]

  static func names(of value: TemplateValue) -> Set<String> {
    switch value {
    case .string, .safe: string
    case .list: list
    case .tuple, .range: tuple
    case .dictionary: dictionary
    case .integer, .float: number
    default: []
    }
  }

  static func isMutation(_ name: String, of value: TemplateValue) -> Bool {
    switch value {
    case .list, .dictionary: mutations.contains(name)
    default: false
    }
  }
}

extension Interpreter {
  /// Calls a method that leaves its value as it is.
  func callMethod(_ receiver: TemplateValue, _ name: String, _ call: CallArguments) throws(Fault) -> TemplateValue {
    for value in call.positional { try requireDefined(value) }
    switch receiver {
    case .string(let text): return try callMethod(text, name, call)
    case .safe(let text):
      let result = try callMethod(text, name, call)
      if case .string(let text) = result { return .safe(text) }
      return result
    case .list(let elements), .tuple(let elements):
      return try callMethod(elements, name, call, isList: receiver.typeName == "list")
    case .range(let range): return try callMethod(range.elements, name, call, isList: false)
    case .dictionary(let members): return try callMethod(members, name, call)
    case .integer(let number):
      if name == "bit_length" { return .integer(Int.bitWidth - number.magnitude.leadingZeroBitCount) }
      return .bool(true)
    case .float(let number) where name == "is_integer": return .bool(number == number.rounded())
    case .object(let object) where object.kind == .loop: return try callLoop(object, name, call)
    case .object(let object): return try callCycler(object, name)
    default: throw Fault("\(receiver.aType) has no method \"\(name)\"")
    }
  }

  private func callCycler(_ object: TemplateObject, _ name: String) throws(Fault) -> TemplateValue {
    guard case .cycler(let values, let place) = objects[object.number] else {
      throw Fault("a namespace has no method \"\(name)\"")
    }
    guard name == "next" else {
      objects[object.number] = .cycler(values, 0)
      return .none
    }
    objects[object.number] = .cycler(values, (place + 1) % values.count)
    return values[place]
  }

  private func callMethod(
    _ elements: [TemplateValue], _ name: String, _ call: CallArguments, isList: Bool
  ) throws(Fault) -> TemplateValue {
    try meter.charge(elements.count)
    switch name {
    case "copy": return isList ? .list(elements) : .tuple(elements)
    case "count":
      let wanted = try call.only()
      var count = 0
      for element in elements where try areEqual(element, wanted) { count += 1 }
      return .integer(count)
    case "index":
      let given = try call.bind("value", "start", "stop", required: 1)
      let bounds = try bounds(given[1], given[2], count: elements.count)
      for place in bounds where try areEqual(elements[place], given[0] ?? .none) { return .integer(place) }
      throw Fault("\"index\": \(PythonText.representation(of: given[0] ?? .none)) is not in the list")
    default: throw Fault("\(isList ? "a list" : "a tuple") has no method \"\(name)\"")
    }
  }

  /// Start and stop as slices take them.
  func bounds(_ start: TemplateValue?, _ stop: TemplateValue?, count: Int) throws(Fault) -> Range<Int> {
    func place(_ value: TemplateValue?, _ name: String, _ otherwise: Int) throws(Fault) -> Int {
      if case .none? = value { return otherwise }
      let index = try value.integer(name, or: otherwise)
      return min(max(index < 0 ? index + count : index, 0), count)
    }
    let from = try place(start, "start", 0)
    return from..<max(from, try place(stop, "stop", count))
  }

  private func callMethod(
    _ members: TemplateDictionary, _ name: String, _ call: CallArguments
  ) throws(Fault) -> TemplateValue {
    switch name {
    case "get":
      let given = try call.bind("key", "default", required: 1)
      return members[given[0] ?? .none] ?? given[1] ?? .none
    case "keys", "values", "items", "copy":
      _ = try call.bind()
      try meter.charge(members.count)
      switch name {
      case "keys": return .sequence(.keys, members.keys)
      case "values": return .sequence(.values, members.values)
      case "items": return .sequence(.items, members.items)
      default: return .dictionary(members)
      }
    default: throw Fault("a dictionary has no method \"\(name)\"")
    }
  }
}
