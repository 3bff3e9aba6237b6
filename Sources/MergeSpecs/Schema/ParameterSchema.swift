internal import Documents
internal import MergeMethods

/// The schemas of the merge methods' parameters, from the methods' cards.
///
/// For each method there are five definitions: what a spec, a module, a slice, `parameters:` and the `parameters:` of a
/// model look like under it. A parameter that only other methods have is ignored with a warning, so it is allowed here and
/// not offered.
struct ParameterSchema {
  let methods: [MethodDescription]
  private let known: Set<String>

  init(_ methods: [MethodDescription]) {
    self.methods = methods
    known = MergekitNames.parameters.union(methods.flatMap { $0.parameters.map(\.name) })
  }

  /// All definitions: of values, then of methods.
  var definitions: [(key: String, value: JSONValue)] {
    var seen: Set<String> = []
    let kinds = methods.flatMap(\.parameters).filter { seen.insert(Self.name(of: $0)).inserted }
    return kinds.map { (Self.name(of: $0), Self.setting($0)) } + methods.flatMap { definitions(of: $0) }
  }

  /// Applies a definition of a method where that method is named.
  static func condition(of method: MethodDescription, then form: String) -> JSONValue {
    let isNamed: JSONValue = .object([
      ("properties", .object([("merge_method", .object([("const", .string(method.name))]))])),
      ("required", .words(["merge_method"])),
    ])
    return .object([("if", isNamed), ("then", .reference("\(form)-\(method.name)"))])
  }

  // MARK: Methods

  private func definitions(of method: MethodDescription) -> [(key: String, value: JSONValue)] {
    let name = method.name
    let models = Self.elements(of: "parameters", .reference("model-parameters-\(name)"))
    let slices: JSONValue = .object([
      ("items", .object([("if", LevelSchema.requires("merge_method")), ("else", .reference("slice-\(name)"))]))
    ])
    let forms: [(key: String, value: JSONValue)] = [
      ("parameters", .reference("parameters-\(name)")), ("models", models), ("slices", slices),
    ]
    var merge: [(key: String, value: JSONValue)] = [
      (
        "properties",
        .object(
          forms + [
            (
              "modules",
              .object([
                (
                  "additionalProperties",
                  .object([("if", LevelSchema.requires("merge_method")), ("else", .reference("module-\(name)"))])
                )
              ])
            )
          ])
      )
    ]
    if method.base == .required {
      merge.append(("anyOf", .array(["base_model", "slices", "modules"].map { LevelSchema.requires($0) })))
    }
    let slice: JSONValue = .object([
      ("properties", .object([("parameters", .reference("parameters-\(name)")), ("sources", models)]))
    ])
    return [
      ("merge-\(name)", .object(merge)), ("module-\(name)", .object([("properties", .object(forms))])),
      ("slice-\(name)", slice),
      ("parameters-\(name)", parameters(of: method, method.parameters)),
      ("model-parameters-\(name)", parameters(of: method, method.parameters.filter { $0.scope == .perModel })),
    ]
  }

  private func parameters(of method: MethodDescription, _ offered: [ParameterDescription]) -> JSONValue {
    let foreign = known.subtracting(method.parameters.map(\.name)).sorted()
    let properties = offered.map { parameter -> (key: String, value: JSONValue) in
      var members: [(key: String, value: JSONValue)] = [("description", .string(parameter.sentence))]
      if let value = parameter.defaultValue { members.append(("default", Self.json(value, of: parameter))) }
      return (parameter.name, .reference(Self.name(of: parameter), members))
    }
    return .type(
      "object", "null",
      also: [
        ("properties", .object(properties)),
        (
          "patternProperties",
          .object([
            ("^(\(foreign.joined(separator: "|")))$", .bool(true)), (LevelSchema.anchorHolders, .bool(true)),
          ])
        ), ("additionalProperties", .bool(false)),
      ])
  }

  private static func elements(of key: String, _ schema: JSONValue) -> JSONValue {
    .object([("items", .object([("properties", .object([(key, schema)]))]))])
  }

  // MARK: Values

  /// What values of a parameter look like: one, several that are spread over the layers, or cases with filters.
  private static func setting(_ parameter: ParameterDescription) -> JSONValue {
    let single = value(parameter)
    guard parameter.isNumber else {
      let only = LevelSchema.caseSchema(value: single)
      return .any([single, only, .list(of: only)])
    }
    let spread = JSONValue.list(of: single)
    let only = LevelSchema.caseSchema(value: .any([single, spread]))
    return .any([single, spread, only, .list(of: only)])
  }

  private static func value(_ parameter: ParameterDescription) -> JSONValue {
    if parameter.kind == .flag { return .type("boolean") }
    guard case .number(let range) = parameter.kind else { return .object([("enum", .words(parameter.choices ?? []))]) }
    var members: [(key: String, value: JSONValue)] = []
    if let range {
      members.append(("minimum", .number(range.lowerBound)))
      if range.upperBound < .greatestFiniteMagnitude { members.append(("maximum", .number(range.upperBound))) }
    }
    return .type("number", also: members)
  }

  private static func json(_ value: Double, of parameter: ParameterDescription) -> JSONValue {
    switch parameter.kind {
    case .flag: .bool(value != 0)
    case .number: .number(value)
    case .choice: .string(parameter.text(of: value))
    }
  }

  /// The name of the definition of such values; parameters with equal ranges share one.
  private static func name(of parameter: ParameterDescription) -> String {
    parameter.allowed.replacing("a number", with: "number").map { $0.isLetter || $0.isNumber || $0 == "." ? $0 : "-" }
      .reduce(into: "") { $0.append($1) }
  }
}

extension ParameterDescription {
  fileprivate var isNumber: Bool { if case .number = kind { true } else { false } }

  /// What the parameter does, its range and its default.
  fileprivate var sentence: String {
    let given = isRequired ? "required" : defaultValue.map { "default " + text(of: $0) } ?? "optional"
    let range = allowed.prefix(1).uppercased() + allowed.dropFirst() + (scope == .perModel ? " for each model" : "")
    return "\(summary) \(range), \(given)."
  }
}
