/// The state of a loop that runs: what `loop` says in its body.
final class LoopState {
  let number: Int
  let values: [TemplateValue]
  let depth: Int
  let loop: Statement.Loop
  /// The scope around the loop, for `loop(children)`.
  let scope: Scope
  var index = 0
  var lastChanged: [TemplateValue]?

  init(number: Int, _ values: [TemplateValue], depth: Int, _ loop: Statement.Loop, _ scope: Scope) {
    self.number = number
    self.values = values
    self.depth = depth
    self.loop = loop
    self.scope = scope
  }

  static let attributes = [
    "changed", "cycle", "depth", "depth0", "first", "index", "index0", "last", "length", "nextitem", "previtem",
    "revindex", "revindex0",
  ]
}

extension Interpreter {
  /// The values that a loop visits, or what a list is made of.
  func elements(of value: TemplateValue, at offset: Int) throws(TemplateError) -> [TemplateValue] {
    try at(offset) { () throws(Fault) in try elements(of: value) }
  }

  /// The values of something that can be visited: elements, keys, characters.
  func elements(of value: TemplateValue) throws(Fault) -> [TemplateValue] {
    let elements: [TemplateValue]
    switch value {
    case .list(let values), .tuple(let values), .sequence(_, let values): elements = values
    case .dictionary(let dictionary): elements = dictionary.keys
    case .string(let text), .safe(let text):
      try meter.charge(text.utf8.count)
      elements = text.unicodeScalars.map { .string(String($0)) }
    case .range(let range):
      try meter.charge(range.count)
      elements = range.elements
    case .undefined:
      try requireDefined(value)
      elements = []
    default: throw Fault("\(value.aType) cannot be visited element by element")
    }
    try meter.charge(elements.count)
    return elements
  }

  /// Runs a loop over values, with the loop's own condition applied first.
  func run(
    _ loop: Statement.Loop, over values: [TemplateValue], depth: Int, at offset: Int
  ) throws(TemplateError) -> Flow {
    let around = scope
    var visited = values
    if let condition = loop.condition {
      visited = []
      for value in values {
        var keeps = false
        _ = try runInside(Scope(parent: around)) { () throws(TemplateError) in
          try assign(value, to: loop.target)
          keeps = try isTrue(try evaluate(condition), at: condition.offset)
          return .goOn
        }
        if keeps { visited.append(value) }
      }
    }
    guard !visited.isEmpty else {
      return try runInside(Scope(parent: around)) { () throws(TemplateError) in try run(loop.otherwise) }
    }
    loopCount += 1
    let state = LoopState(number: loopCount, visited, depth: depth, loop, around)
    loops.append(state)
    defer { loops.removeLast() }
    for (index, value) in visited.enumerated() {
      state.index = index
      try charge(1, at: offset)
      let inner = Scope(parent: around)
      inner.values["loop"] = .object(TemplateObject(kind: .loop, number: state.number))
      let flow = try runInside(inner) { () throws(TemplateError) in
        try assign(value, to: loop.target)
        return try run(loop.body)
      }
      if flow == .stop { break }
    }
    return .goOn
  }

  private func state(of object: TemplateObject) throws(Fault) -> LoopState {
    guard let state = loops.last(where: { $0.number == object.number }) else {
      throw Fault("the loop that this \"loop\" belongs to is over")
    }
    return state
  }

  /// An attribute of `loop`, or nil if it has none by this name.
  func attribute(_ name: String, ofLoop object: TemplateObject) throws(Fault) -> TemplateValue? {
    let state = try state(of: object)
    let count = state.values.count
    switch name {
    case "index": return .integer(state.index + 1)
    case "index0": return .integer(state.index)
    case "revindex": return .integer(count - state.index)
    case "revindex0": return .integer(count - state.index - 1)
    case "first": return .bool(state.index == 0)
    case "last": return .bool(state.index == count - 1)
    case "length": return .integer(count)
    case "depth": return .integer(state.depth + 1)
    case "depth0": return .integer(state.depth)
    case "previtem":
      return state.index > 0
        ? state.values[state.index - 1] : .undefined(TemplateMissing("previtem", owner: "the first round of a loop"))
    case "nextitem":
      return state.index + 1 < count
        ? state.values[state.index + 1] : .undefined(TemplateMissing("nextitem", owner: "the last round of a loop"))
    case "changed", "cycle": return .callable(.method(.object(object), name))
    default: return nil
    }
  }

  /// Calls `loop.cycle(…)` or `loop.changed(…)`.
  func callLoop(_ object: TemplateObject, _ name: String, _ call: CallArguments) throws(Fault) -> TemplateValue {
    let state = try state(of: object)
    if name == "cycle" {
      guard !call.positional.isEmpty else { throw Fault("\"loop.cycle\" has nothing to choose from") }
      return call.positional[state.index % call.positional.count]
    }
    if let last = state.lastChanged, last.count == call.positional.count {
      var isSame = true
      for (a, b) in zip(last, call.positional) where isSame { isSame = try areEqual(a, b) }
      if isSame { return .bool(false) }
    }
    state.lastChanged = call.positional
    return .bool(true)
  }

  /// Runs a recursive loop over other values, from inside of it, and gives the text that it puts out.
  func recur(
    _ object: TemplateObject, _ arguments: CallArguments, at offset: Int
  ) throws(TemplateError) -> TemplateValue {
    let state = try at(offset) { () throws(Fault) -> LoopState in try self.state(of: object) }
    guard state.loop.isRecursive else {
      throw error(Fault("this loop cannot be called: it is not declared \"recursive\""), at: offset)
    }
    guard arguments.positional.count == 1 else { throw error(Fault("\"loop(…)\" takes one argument"), at: offset) }
    let values = try elements(of: arguments.positional[0], at: offset)
    return .string(
      try capture { () throws(TemplateError) in
        _ = try runInside(state.scope) { () throws(TemplateError) in
          try run(state.loop, over: values, depth: state.depth + 1, at: offset)
        }
      })
  }
}
