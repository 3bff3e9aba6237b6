internal import Documents

/// What a filter, test, function or method is given, its values computed.
struct CallArguments {
  /// What is called, for messages.
  var callee: String
  var positional: [TemplateValue] = []
  var named: [(name: String, value: TemplateValue)] = []

  /// The arguments in the order of the parameters; nil where one is not given.
  ///
  /// - Parameter required: how many of the first parameters must be given.
  func bind(_ parameters: String..., required: Int = 0) throws(Fault) -> [TemplateValue?] {
    guard positional.count <= parameters.count else {
      throw Fault("\(callee) takes \(Self.count(parameters.count)), found \(positional.count)")
    }
    var values: [TemplateValue?] = positional.map { $0 }
    values += Array(repeating: nil, count: parameters.count - values.count)
    for (name, value) in named {
      guard let place = parameters.firstIndex(of: name) else {
        throw Fault(
          "\(callee) has no argument \(PrintableText.quoted(name))", hint: Fault.nearest(name, in: parameters))
      }
      guard values[place] == nil else { throw Fault("the argument \"\(name)\" of \(callee) is given twice") }
      values[place] = value
    }
    for (place, value) in values.prefix(required).enumerated() where value == nil {
      throw Fault("\(callee) lacks the argument \"\(parameters[place])\"")
    }
    return values
  }

  /// The one argument that is given, which has no name.
  func only() throws(Fault) -> TemplateValue {
    guard positional.count == 1, named.isEmpty else {
      throw Fault("\(callee) takes 1 argument, found \(positional.count + named.count)")
    }
    return positional[0]
  }

  static func count(_ count: Int) -> String {
    count == 0 ? "no argument" : count == 1 ? "at most 1 argument" : "at most \(count) arguments"
  }
}

extension TemplateValue? {
  /// The argument as a text, or what it is otherwise.
  func text(_ name: String, or otherwise: String) throws(Fault) -> String {
    guard let self else { return otherwise }
    guard let text = self.string else { throw Fault("the argument \"\(name)\" is \(self.aType), not a text") }
    return text
  }

  /// The argument as a whole number, or what it is otherwise.
  func integer(_ name: String, or otherwise: Int) throws(Fault) -> Int {
    guard let self else { return otherwise }
    guard let number = self.integer else {
      throw Fault("the argument \"\(name)\" is \(self.aType), not a whole number")
    }
    return number
  }

  /// Whether the argument is given and true.
  var isTrue: Bool { self?.isTrue ?? false }
}
