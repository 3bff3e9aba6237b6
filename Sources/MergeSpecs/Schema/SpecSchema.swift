public import Documents
public import MergeMethods

/// The language of merge specs as a JSON Schema, by which editors complete and check what people type.
///
/// It is made from what the reader itself goes by: the keys of each level and the cards of the merge methods. A schema
/// sees one document at a time and no anchors, so `braid spec check` finds more.
public enum SpecSchema {
  /// The edition of JSON Schema that is used.
  static let dialect = "https://json-schema.org/draft/2020-12/schema"

  /// The schema for some merge methods.
  public static func json(methods: [MethodDescription] = Catalog.methods) -> JSONValue {
    let parameters = ParameterSchema(methods)
    var definitions: [(key: String, value: JSONValue)] = SpecLevel.allCases.filter { $0 != .spec }
      .map { ($0.rawValue, LevelSchema.schema(of: $0, methods: methods)) }
    definitions += LevelSchema.shared + parameters.definitions
    guard case .object(let spec) = LevelSchema.schema(of: .spec, methods: methods) else { return .null }
    return .object(
      [
        ("$schema", .string(dialect)), ("title", .string("Braid merge spec")),
        (
          "description",
          .string(
            "One merge. A file may hold several, parted by lines of three dashes: those with a name are stages, which "
              + "the others read as if they were models.")
        ),
      ] + spec + [("$defs", .object(definitions))])
  }
}

extension JSONValue {
  /// A reference to a definition of the same schema, with members beside it.
  static func reference(_ name: String, _ members: [(key: String, value: JSONValue)] = []) -> JSONValue {
    .object(members + [("$ref", .string("#/$defs/\(name)"))])
  }

  /// A schema for any of these.
  static func any(_ schemas: [JSONValue]) -> JSONValue { .object([("anyOf", .array(schemas))]) }

  /// A schema for values of these types.
  static func type(_ names: String..., also members: [(key: String, value: JSONValue)] = []) -> JSONValue {
    let type: JSONValue = names.count == 1 ? .string(names[0]) : .array(names.map { .string($0) })
    return .object([("type", type)] + members)
  }

  /// A schema for lists that are not empty.
  static func list(of element: JSONValue) -> JSONValue {
    .object([("type", .string("array")), ("items", element), ("minItems", .integer(1))])
  }

  /// A list of words.
  static func words(_ words: [String]) -> JSONValue { .array(words.map { .string($0) }) }

  /// A schema for one word of several, each with a sentence that editors show.
  static func choice(_ words: [(word: String, summary: String)]) -> JSONValue {
    .object([
      (
        "oneOf",
        .array(
          words.map { .object([("const", .string($0.word)), ("description", .string($0.summary))]) })
      )
    ])
  }
}
