extension Interpreter {
  /// Changes the list or dictionary that an expression names, where it lies.
  ///
  /// Values have no identity here, so the expression itself says what is changed: a variable, or an element or
  /// attribute of one. What any other expression gives is changed and forgotten.
  func mutate(
    _ expression: Expression, at offset: Int,
    _ change: (inout TemplateValue) throws(TemplateError) -> TemplateValue
  ) throws(TemplateError) -> TemplateValue {
    guard dialect == .task else {
      throw error(Fault("lists and dictionaries cannot be changed in a chat template", kind: .refused), at: offset)
    }
    switch expression.kind {
    case .name(let name):
      guard let owner = scope.owner(of: name), var value = owner.values[name] else { break }
      // The variable lets go of its value for the time, so that it is changed in place and not copied.
      owner.values[name] = TemplateValue.none
      defer { owner.values[name] = value }
      return try change(&value)
    case .attribute(let base, let name): return try mutate(base, key: .string(name), at: offset, change)
    case .item(let base, let key): return try mutate(base, key: try evaluate(key), at: offset, change)
    default: break
    }
    var value = try evaluate(expression)
    return try change(&value)
  }

  private func mutate(
    _ base: Expression, key: TemplateValue, at offset: Int,
    _ change: (inout TemplateValue) throws(TemplateError) -> TemplateValue
  ) throws(TemplateError) -> TemplateValue {
    if case .object(let object) = try evaluate(base) {
      guard object.kind == .namespace, case .namespace(var members) = objects[object.number] else { return .none }
      objects[object.number] = .namespace(TemplateDictionary())
      defer { objects[object.number] = .namespace(members) }
      return try members.update(key, change) ?? .none
    }
    return try mutate(base, at: offset) { (container) throws(TemplateError) in
      switch container {
      case .dictionary(var members):
        container = .none
        defer { container = .dictionary(members) }
        return try members.update(key, change) ?? .none
      case .list(var elements):
        guard let index = key.integer else { return .none }
        let place = index < 0 ? index + elements.count : index
        guard elements.indices.contains(place) else { return .none }
        container = .none
        defer { container = .list(elements) }
        return try change(&elements[place])
      default:
        throw self.error(Fault("\(container.aType) cannot be changed"), at: offset)
      }
    }
  }

  /// Carries out a method that changes its list or dictionary.
  func mutate(_ value: inout TemplateValue, _ name: String, _ call: CallArguments) throws(Fault) -> TemplateValue {
    switch value {
    case .list(var elements):
      value = .none
      defer { value = .list(elements) }
      return try mutate(&elements, name, call)
    case .dictionary(var members):
      value = .none
      defer { value = .dictionary(members) }
      return try mutate(&members, name, call)
    case .object(let object): return try callMethod(.object(object), name, call)
    default: throw Fault("\(value.aType) cannot be changed")
    }
  }

  private func mutate(_ elements: inout [TemplateValue], _ name: String, _ call: CallArguments) throws(Fault)
    -> TemplateValue
  {
    switch name {
    case "append": elements.append(try nested(try call.only()))
    case "extend": elements += try self.elements(of: try nested(try call.only()))
    case "insert":
      let given = try call.bind("index", "object", required: 2)
      let index = try given[0].integer("index", or: 0)
      try meter.charge(elements.count)
      let place = index < 0 ? max(0, index + elements.count) : min(index, elements.count)
      elements.insert(try nested(given[1] ?? .none), at: place)
    case "pop":
      let index = try call.bind("index")[0].integer("index", or: -1)
      let place = index < 0 ? index + elements.count : index
      guard elements.indices.contains(place) else { throw Fault("\"pop\": the list has no element \(index)") }
      try meter.charge(elements.count - place)
      return elements.remove(at: place)
    case "remove":
      let wanted = try call.only()
      for (place, element) in elements.enumerated() where try areEqual(element, wanted) {
        elements.remove(at: place)
        return .none
      }
      throw Fault("\"remove\": the list has no such element")
    case "reverse":
      try meter.charge(elements.count)
      elements.reverse()
    case "sort":
      elements = try sorted(elements, reversed: try call.bind("reverse")[0].isTrue) { (a, b) throws(Fault) in
        try isLess(a, b)
      }
    case "clear": elements = []
    default: throw Fault("a list has no method \"\(name)\"")
    }
    return .none
  }

  private func mutate(_ members: inout TemplateDictionary, _ name: String, _ call: CallArguments) throws(Fault)
    -> TemplateValue
  {
    switch name {
    case "update":
      guard call.positional.count <= 1 else { throw Fault("\"update\" takes at most 1 argument without a name") }
      if let other = call.positional.first { try fill(&members, from: try nested(other)) }
      for (name, value) in call.named { members.set(name, try nested(value)) }
    case "setdefault":
      let given = try call.bind("key", "default", required: 1)
      guard let key = given[0] else { return .none }
      if let present = members[key] { return present }
      let value = try nested(given[1] ?? .none)
      try members.set(key, value)
      return value
    case "pop":
      let given = try call.bind("key", "default", required: 1)
      try meter.charge(members.count)
      if let key = given[0], let value = members.remove(key) { return value }
      guard let value = given[1] else { throw Fault("\"pop\": the dictionary has no such key") }
      return value
    case "popitem":
      guard let last = members.entries.last else { throw Fault("\"popitem\": the dictionary is empty") }
      try meter.charge(members.count)
      _ = members.remove(last.key)
      return .tuple([last.key, last.value])
    case "clear": members = TemplateDictionary()
    default: throw Fault("a dictionary has no method \"\(name)\"")
    }
    return .none
  }
}
