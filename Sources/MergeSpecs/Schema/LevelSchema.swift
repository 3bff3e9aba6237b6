internal import Documents
internal import MergeMethods
internal import Tensors
internal import Vocabularies

/// The schemas of the mappings in a spec, a level each.
enum LevelSchema {
  /// Keys outside of the language that the reader leaves alone, because they hold anchors.
  static let anchorHolders = "^(x-|_|\\.)"

  /// The schema of a level: its keys with their sentences, and what must be there.
  static func schema(of level: SpecLevel, methods: [MethodDescription]) -> JSONValue {
    let keys = (level == .spec ? [SpecLevel.stageKey] : []) + level.described
    let properties = keys.map { key -> (key: String, value: JSONValue) in
      let description: (key: String, value: JSONValue) = ("description", .string(key.summary))
      guard case .object(let members) = value(of: key.name, at: level, methods: methods) else {
        return (key.name, .object([description]))
      }
      return (key.name, .object([description] + members))
    }
    return .object(
      [
        ("type", .string("object")), ("properties", .object(properties)),
        ("patternProperties", .object([(anchorHolders, .bool(true))])),
        // Anchors are invisible here; what holds them is hardly ever a single value.
        ("additionalProperties", level == .spec ? .type("object", "array") : .bool(false)),
      ] + demands(of: level, methods: methods))
  }

  /// Definitions that several levels use.
  static let shared: [(key: String, value: JSONValue)] = [
    ("modelReference", .any([.type("string", also: [("minLength", .integer(1))]), .reference("reference")])),
    ("placeReference", .any([.type("string", also: [("minLength", .integer(1))]), .reference("place")])),
    ("dtypeName", .any([.object([("enum", .words(dtypes))]), oldDType])),
    ("dtypeCase", caseSchema(value: .reference("dtypeName"))),
    (
      "dtypeSetting",
      .any([.reference("dtypeName"), .reference("dtypeCase"), .list(of: .reference("dtypeCase")), .type("null")])
    ),
  ]

  private static let dtypes = DType.allCases.filter(\.isFloatingPoint).map(\.rawValue)
  private static var oldDType: JSONValue {
    .type(
      "string",
      also: [("pattern", .string("^torch\\.(\(dtypes.joined(separator: "|")))$")), ("deprecated", .bool(true))])
  }

  /// A case: a value and the filter that says what it is for.
  static func caseSchema(value: JSONValue) -> JSONValue {
    let properties = SpecLevel.parameterCase.described.map { key -> (key: String, value: JSONValue) in
      let schema = key.name == "filter" ? JSONValue.type("string", "null") : value
      guard case .object(let members) = schema else { return (key.name, schema) }
      return (key.name, .object([("description", .string(key.summary))] + members))
    }
    return .object([
      ("type", .string("object")), ("properties", .object(properties)), ("required", .words(["value"])),
      ("additionalProperties", .bool(false)),
    ])
  }

  // MARK: Values

  private static func value(of key: String, at level: SpecLevel, methods: [MethodDescription]) -> JSONValue {
    switch (level, key) {
    case (_, "merge_method"): .choice(methods.map { ($0.name, "\($0.title). \($0.summary)") })
    case (_, "parameters"): .type("object", "null")
    case (.reference, "model"), (.reference, "lora"): .reference("placeReference")
    case (_, "base_model"), (_, "model"): .reference("modelReference")
    case (_, "models"): .list(of: .reference("model"))
    case (_, "slices"): .list(of: .reference("slice"))
    case (.slice, "sources"): .list(of: .reference("source"))
    case (.spec, "modules"):
      .object([
        ("type", .string("object")), ("additionalProperties", .reference("module")), ("minProperties", .integer(1)),
      ])
    case (.spec, "dtype"), (.spec, "out_dtype"): .reference("dtypeSetting")
    case (.spec, "allow_mismatch"): .choice(MismatchRule.allCases.map { ($0.rawValue, $0.summary) })
    case (.spec, "tokenizer"): .reference("tokenizer")
    case (.spec, "tokenizer_source"), (.tokenizer, "source"):
      .any([.object([("enum", .words(["union", "base"]))]), .reference("modelReference")])
    case (.spec, "chat_template"):
      .any([.object([("enum", .words(["auto"] + ChatTemplate.builtIn.map(\.name)))]), .type("string")])
    case (.spec, "seed"), (.tokenSource, "token_id"): .type("integer", also: [("minimum", .integer(0))])
    case (.spec, "name"): .type("string", also: [("minLength", .integer(1)), ("pattern", .string("^[^+@]*$"))])
    case (.source, "layer_range"):
      .object([
        ("type", .string("array")), ("items", .type("integer", also: [("minimum", .integer(0))])),
        ("minItems", .integer(2)), ("maxItems", .integer(2)),
      ])
    case (.parameterCase, "filter"): .type("string", "null")
    case (.parameterCase, "value"): .type("number", "boolean", "string", "array")
    case (.tokenizer, "tokens"):
      .type("object", "null", also: [("additionalProperties", .any([.reference("token"), .type("null")]))])
    case (.tokenizer, "pad_to_multiple_of"): .type("integer", also: [("minimum", .integer(1))])
    case (.token, "source"): .any([.reference("tokenSource"), .reference("modelReference")])
    case (.token, "force"): .type("boolean")
    case (.tokenSource, "kind"):
      .choice([("zero", "A row of zeros."), ("model_token", "The row of another token, which need not be the same.")])
    case (.tokenSource, "token"), (.reference, _), (.place, _):
      .type("string", also: [("minLength", .integer(1))])
    default: .object([])
    }
  }

  // MARK: What must be there

  private static func demands(
    of level: SpecLevel, methods: [MethodDescription]
  ) -> [(key: String, value: JSONValue)] {
    switch level {
    case .spec:
      [
        ("oneOf", .array(["models", "slices", "modules"].map { requires($0) })),
        // Slices and parts may each name a method of their own.
        ("anyOf", .array(["merge_method", "slices", "modules"].map { requires($0) })),
        ("not", .object([("required", .words(["tokenizer", "tokenizer_source"]))])),
        ("allOf", .array(methods.map { ParameterSchema.condition(of: $0, then: "merge") })),
      ]
    case .module:
      [
        ("oneOf", .array(["models", "slices"].map { requires($0) })),
        ("allOf", .array(methods.map { ParameterSchema.condition(of: $0, then: "module") })),
      ]
    case .slice:
      [
        ("required", .words(["sources"])),
        ("allOf", .array(methods.map { ParameterSchema.condition(of: $0, then: "slice") })),
      ]
    case .source: [("required", .words(["model", "layer_range"]))]
    case .model: [("required", .words(["model"]))]
    case .parameterCase: [("required", .words(["value"]))]
    case .tokenSource: [("required", .words(["kind"]))]
    case .reference: [("anyOf", .array(["model", "path"].map { requires($0) }))]
    case .place: [("required", .words(["path"]))]
    case .tokenizer, .token: []
    }
  }

  static func requires(_ key: String) -> JSONValue { .object([("required", .words([key]))]) }
}

extension MismatchRule {
  /// The rule in a sentence.
  var summary: String {
    switch self {
    case .skip: "A model whose tensor does not fit is left out of that tensor's merge."
    case .truncate:
      "Embeddings and heads are cut to the rows and columns that all have, or to the base's; where a model adds to a "
        + "base that has more rows, it adds nothing to those."
    case .copyBase: "The base's tensor is copied, or the first model's without a base."
    }
  }
}
