internal import Documents

/// Walks the tree of a template once, with the variables of one rendering.
final class Interpreter {
  let source: SourceText
  let dialect: Template.Dialect
  let clock: TemplateClock?
  let meter = Meter()
  var scope: Scope
  /// What is put out in the innermost block that keeps its text.
  var output = ""
  var depth = 0
  /// Macros, namespaces, cyclers and joiners, by their numbers.
  var objects: [RuntimeObject] = []
  /// The loops that run, innermost last.
  var loops: [LoopState] = []
  var loopCount = 0
  /// The text of the block that a filter is given.
  var bodies: [TemplateValue] = []

  init(_ source: SourceText, _ dialect: Template.Dialect, _ context: [(String, TemplateValue)], clock: TemplateClock?) {
    self.source = source
    self.dialect = dialect
    self.clock = clock
    let given = Scope(values: Dictionary(context, uniquingKeysWith: { $1 }), parent: nil)
    scope = Scope(parent: given)
  }

  /// Something that lives as long as the rendering.
  enum RuntimeObject {
    case macro(Statement.Macro, Scope)
    case namespace(TemplateDictionary)
    case cycler([TemplateValue], Int)
    case joiner(String, isUsed: Bool)
  }

  func render(_ body: [Statement]) throws(TemplateError) -> String {
    _ = try run(body)
    return output
  }

  // MARK: Faults

  func error(_ fault: Fault, at offset: Int) -> TemplateError {
    var fault = fault
    if fault.kind == .undefined, fault.hint == nil, let name = fault.variable {
      fault.hint = Fault.nearest(name, in: scope.names)
    }
    return source.error(fault, at: offset)
  }

  /// Runs something that knows no places and gives its fault one.
  @inline(__always)
  func at<Result>(_ offset: Int, _ body: () throws(Fault) -> Result) throws(TemplateError) -> Result {
    do throws(Fault) { return try body() } catch { throw self.error(error, at: offset) }
  }

  /// Refuses a value that is not defined where the dialect is strict.
  func require(_ value: TemplateValue, at offset: Int) throws(TemplateError) {
    if dialect == .task, case .undefined(let missing) = value { throw error(missing.fault, at: offset) }
  }

  func requireDefined(_ value: TemplateValue) throws(Fault) {
    if dialect == .task, case .undefined(let missing) = value { throw missing.fault }
  }

  func isTrue(_ value: TemplateValue, at offset: Int) throws(TemplateError) -> Bool {
    try require(value, at: offset)
    return value.isTrue
  }

  // MARK: Depth and cost

  func enter(at offset: Int) throws(TemplateError) {
    depth += 1
    if depth > TemplateLimits.evaluationDepth {
      throw error(
        Fault("calls and expressions nest deeper than \(TemplateLimits.evaluationDepth) levels", kind: .limit),
        at: offset)
    }
    try charge(1, at: offset)
  }

  func charge(_ steps: Int, at offset: Int) throws(TemplateError) {
    if !meter.take(steps) { throw error(Meter.fault, at: offset) }
  }

  func add(_ object: RuntimeObject) throws(Fault) -> Int {
    guard objects.count < TemplateLimits.objects else {
      throw Fault("more than \(TemplateLimits.objects) macros and namespaces are made", kind: .limit)
    }
    objects.append(object)
    return objects.count - 1
  }

  // MARK: Output

  func put(_ text: String, at offset: Int) throws(TemplateError) {
    let size = text.utf8.count
    if !meter.take(bytes: size) { throw error(Meter.fault, at: offset) }
    guard output.utf8.count + size <= TemplateLimits.outputBytes else {
      throw error(Fault("the output is longer than \(TemplateLimits.outputBytes) bytes", kind: .limit), at: offset)
    }
    output += text
  }

  /// The text that a block puts out, kept from the output.
  func capture(_ body: () throws(TemplateError) -> Void) throws(TemplateError) -> String {
    let outer = output
    output = ""
    defer { output = outer }
    try body()
    return output
  }

  /// The text of a value as it is printed.
  func text(of value: TemplateValue) throws(Fault) -> String {
    if let text = value.string { return text }
    if case .object(let object) = value { return "<\(object.kind.rawValue)>" }
    try requireDefined(value)
    var writer = PythonText(limit: TemplateLimits.outputBytes)
    try writer.write(value)
    try meter.charge(bytes: writer.text.utf8.count)
    return writer.text
  }
}

/// Names and their values, inside of the names around them.
final class Scope {
  var values: [String: TemplateValue]
  let parent: Scope?

  init(values: [String: TemplateValue] = [:], parent: Scope?) {
    self.values = values
    self.parent = parent
  }

  func value(_ name: String) -> TemplateValue? {
    var scope: Scope? = self
    while let current = scope {
      if let value = current.values[name] { return value }
      scope = current.parent
    }
    return nil
  }

  /// The innermost scope that has a name.
  func owner(of name: String) -> Scope? {
    var scope: Scope? = self
    while let current = scope {
      if current.values[name] != nil { return current }
      scope = current.parent
    }
    return nil
  }

  var names: [String] {
    var names: Set<String> = []
    var scope: Scope? = self
    while let current = scope {
      names.formUnion(current.values.keys)
      scope = current.parent
    }
    return names.sorted()
  }
}

/// Counts the steps of a rendering.
final class Meter {
  private var left = TemplateLimits.steps

  static var fault: Fault { Fault("takes more than \(TemplateLimits.steps) steps", kind: .limit) }

  func take(_ steps: Int) -> Bool {
    left -= steps
    return left >= 0
  }

  func take(bytes: Int) -> Bool { take(bytes / TemplateLimits.bytesPerStep) }

  func charge(_ steps: Int) throws(Fault) { if !take(steps) { throw Self.fault } }

  /// Pays for text before it is made.
  func charge(bytes: Int) throws(Fault) {
    guard bytes <= TemplateLimits.outputBytes else {
      throw Fault("a text is longer than \(TemplateLimits.outputBytes) bytes", kind: .limit)
    }
    try charge(bytes / TemplateLimits.bytesPerStep)
  }
}
