public import Documents

/// One value of a data file: what a column of a row holds.
///
/// Every format ends here, so that nobody above has to know where a row came from. Members of a record keep their
/// order, because hashes of documents depend on it.
public indirect enum DataValue: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case text(String)
  case list([DataValue])
  case record([DataField])

  /// The value of a field, if this is a record that has it.
  public subscript(name: String) -> DataValue? {
    guard case .record(let fields) = self else { return nil }
    return fields.first { $0.name == name }?.value
  }

  /// The text, if this is one.
  public var text: String? { if case .text(let text) = self { text } else { nil } }
  /// The elements, if this is a list.
  public var list: [DataValue]? { if case .list(let elements) = self { elements } else { nil } }
  /// The fields, if this is a record.
  public var fields: [DataField]? { if case .record(let fields) = self { fields } else { nil } }
  /// The number, if this is a whole one.
  public var integer: Int? { if case .integer(let number) = self { number } else { nil } }
  /// Whether there is no value.
  public var isNull: Bool { self == .null }

  /// The value as JSON to be written.
  public var json: JSONValue {
    switch self {
    case .null: .null
    case .bool(let flag): .bool(flag)
    case .integer(let number): .integer(number)
    case .number(let number): .number(number)
    case .text(let text): .string(text)
    case .list(let elements): .array(elements.map(\.json))
    case .record(let fields): .object(fields.map { ($0.name, $0.value.json) })
    }
  }

  /// What kind of value this is, in words for an error message.
  public var kind: String {
    switch self {
    case .null: "nothing"
    case .bool: "a truth value"
    case .integer: "a whole number"
    case .number: "a number"
    case .text: "a text"
    case .list: "a list"
    case .record: "a record"
    }
  }
}

/// A named value of a record.
public struct DataField: Hashable, Sendable {
  /// The name.
  public var name: String
  /// The value.
  public var value: DataValue

  /// Names a value.
  public init(_ name: String, _ value: DataValue) {
    self.name = name
    self.value = value
  }
}

extension DataValue {
  /// The value of a JSON node; integers that no 64-bit integer holds become doubles.
  public init(_ node: JSONNode) {
    switch node.value {
    case .null: self = .null
    case .bool(let flag): self = .bool(flag)
    case .number(let digits):
      if let integer = Int(digits) { self = .integer(integer) } else { self = .number(Double(digits) ?? .nan) }
    case .string(let text): self = .text(text)
    case .array(let elements): self = .list(elements.map(DataValue.init))
    case .object(let members):
      var fields: [DataField] = []
      for member in members {
        // The last of equal keys counts, as in every JSON library.
        if let place = fields.firstIndex(where: { $0.name == member.key }) {
          fields[place].value = DataValue(member.node)
        } else {
          fields.append(DataField(member.key, DataValue(member.node)))
        }
      }
      self = .record(fields)
    }
  }
}
