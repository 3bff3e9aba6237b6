internal import Documents

extension Catalog {
  /// All methods, a line each, for people.
  public static var text: String {
    let width = methods.map(\.name.count).max() ?? 0
    return methods.map { method in
      let name = method.name + String(repeating: " ", count: width - method.name.count)
      return "\(name)  \(method.summary)\n"
    }.joined()
  }

  /// All methods as a Markdown table, as the README has it.
  public static var markdown: String {
    var lines = ["| method | what it does | models | parameters |", "|---|---|---|---|"]
    for method in methods {
      let parameters = method.parameters.map { parameter in
        "`\(parameter.name)`" + (parameter.scope == .perModel ? " per model" : "")
          + (parameter.isRequired ? ", required" : parameter.defaultText.map { " = \($0)" } ?? "")
      }
      lines.append(
        "| `\(method.name)` | \(method.summary) | \(method.inputsText) | \(parameters.joined(separator: "; ")) |")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// All methods as JSON.
  public static var json: String {
    "[\n" + methods.map { $0.json(indent: "  ") }.joined(separator: ",\n") + "\n]\n"
  }
}

extension MethodDescription {
  /// All about the method, for people.
  public var text: String {
    var lines = ["\(name): \(title)", "", summary, "", "  \(formula)", "", "models      \(inputsText)"]
    lines.append("base model  \(baseText)")
    lines.append("source      \(reference)")
    if !parameters.isEmpty {
      lines += ["", "parameters"]
      let names = parameters.map { $0.name + ($0.scope == .perModel ? " (per model)" : "") }
      let width = names.map(\.count).max() ?? 0
      for (parameter, name) in zip(parameters, names) {
        let given = parameter.isRequired ? "required" : parameter.defaultText.map { "default \($0)" } ?? "optional"
        lines.append("  \(name)\(String(repeating: " ", count: width - name.count))  \(parameter.allowed), \(given)")
        lines.append("  \(String(repeating: " ", count: width))  \(parameter.summary)")
      }
    }
    let promises = MethodLaw.allCases.filter(laws.contains).map(\.text)
    if !promises.isEmpty { lines += ["", "promises"] + promises.map { "  \($0)" } }
    if !deviations.isEmpty { lines += ["", "differs from mergekit"] + deviations.map { "  \($0)" } }
    return lines.joined(separator: "\n") + "\n"
  }

  /// All about the method as a JSON object.
  public var json: String { json(indent: "") + "\n" }

  fileprivate func json(indent: String) -> String {
    func quote(_ text: String) -> String { JSONEdit.quote(text) }
    let listed = parameters.map { parameter in
      var members = ["\"name\": \(quote(parameter.name))", "\"scope\": \(quote(parameter.scope.rawValue))"]
      switch parameter.kind {
      case .flag: members.append("\"kind\": \"flag\"")
      case .choice(let words):
        members.append("\"kind\": \"choice\"")
        members.append("\"choices\": [\(words.map(quote).joined(separator: ", "))]")
      case .number(let range):
        members.append("\"kind\": \"number\"")
        if let range {
          members.append("\"minimum\": \(range.lowerBound)")
          if range.upperBound < .greatestFiniteMagnitude { members.append("\"maximum\": \(range.upperBound)") }
        }
      }
      members.append("\"required\": \(parameter.isRequired)")
      if let value = parameter.defaultValue {
        let text = parameter.text(of: value)
        members.append(
          "\"default\": \(parameter.choices == nil ? parameter.kind == .flag ? text : "\(value)" : quote(text))")
      }
      members.append("\"summary\": \(quote(parameter.summary))")
      return "\(indent)    {\(members.joined(separator: ", "))}"
    }
    var members = [
      "\"name\": \(quote(name))", "\"title\": \(quote(title))", "\"summary\": \(quote(summary))",
      "\"formula\": \(quote(formula))", "\"reference\": \(quote(reference))", "\"base\": \(quote(base.rawValue))",
      "\"minimum_models\": \(inputs.lowerBound)",
    ]
    if inputs.upperBound < .max { members.append("\"maximum_models\": \(inputs.upperBound)") }
    members.append("\"parameters\": [" + (listed.isEmpty ? "]" : "\n\(listed.joined(separator: ",\n"))\n\(indent)  ]"))
    members.append("\"laws\": [" + laws.map { quote($0.rawValue) }.sorted().joined(separator: ", ") + "]")
    members.append("\"deviations\": [" + deviations.map(quote).joined(separator: ", ") + "]")
    return "\(indent){\n" + members.map { "\(indent)  \($0)" }.joined(separator: ",\n") + "\n\(indent)}"
  }

  /// How many models the method merges, in words.
  public var inputsText: String {
    if inputs.upperBound == .max { return inputs.lowerBound <= 1 ? "any number" : "\(inputs.lowerBound) or more" }
    return inputs.lowerBound == inputs.upperBound
      ? "\(inputs.upperBound)" : "\(inputs.lowerBound) to \(inputs.upperBound)"
  }

  private var baseText: String {
    switch base {
    case .unused: "not used; base_model only says where configuration and tokenizer come from"
    case .optional: "optional"
    case .required: "required, and counted among the models"
    }
  }
}

extension ParameterDescription {
  /// The default in words, if there is one.
  var defaultText: String? { defaultValue.map(text) }
}

extension MethodLaw {
  /// The promise in words.
  var text: String {
    switch self {
    case .idempotent: "merging a model with itself gives it back"
    case .symmetric: "the order of the models does not matter"
    case .endPoints: "extreme parameters give back one of the models"
    case .homogeneous: "scaling all models scales the result"
    }
  }
}
