/// One value of a JSON document, together with the bytes of the text that it came from.
///
/// The positions make two things possible that decoders cannot do: errors that say where, and edits that leave
/// every other byte of the document as its author wrote it (see ``JSONEdit``).
public struct JSONNode: Sendable {
  /// What a JSON value can be.
  public enum Value: Sendable {
    case null
    case bool(Bool)
    /// The digits as they stand in the text, so that no integer loses precision.
    case number(String)
    case string(String)
    case array([JSONNode])
    case object([JSONMember])
  }

  /// The value itself.
  public let value: Value
  /// The bytes of the text that spell the value.
  public let range: Range<Int>

  /// Makes a node; parsers do this.
  public init(value: Value, range: Range<Int>) {
    self.value = value
    self.range = range
  }

  /// The member of an object with this key (the last one, if it is repeated), or nil.
  public subscript(key: String) -> JSONNode? {
    guard case .object(let members) = value else { return nil }
    return members.last { $0.key == key }?.node
  }

  /// The members, if this is an object.
  public var object: [JSONMember]? { if case .object(let members) = value { members } else { nil } }
  /// The elements, if this is an array.
  public var array: [JSONNode]? { if case .array(let elements) = value { elements } else { nil } }
  /// The text, if this is a string.
  public var string: String? { if case .string(let text) = value { text } else { nil } }
  /// The truth value, if this is one.
  public var bool: Bool? { if case .bool(let flag) = value { flag } else { nil } }
  /// The number as a double, if this is a number.
  public var double: Double? { if case .number(let text) = value { Double(text) } else { nil } }
  /// The number as an integer, if it is one and fits.
  public var int: Int? { if case .number(let text) = value { Int(text) } else { nil } }
  /// Whether this is `null`.
  public var isNull: Bool { if case .null = value { true } else { false } }

  /// What kind of value this is, in words for an error message.
  public var kind: String {
    switch value {
    case .null: "null"
    case .bool: "a boolean"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

/// A key of a JSON object and its value.
public struct JSONMember: Sendable {
  /// The key, with its escapes resolved.
  public let key: String
  /// The bytes of the text that spell the key, quotes included.
  public let keyRange: Range<Int>
  /// The value.
  public let node: JSONNode

  /// Makes a member; parsers do this.
  public init(key: String, keyRange: Range<Int>, node: JSONNode) {
    self.key = key
    self.keyRange = keyRange
    self.node = node
  }
}

/// What is wrong with a JSON text, and at which byte.
public struct JSONError: Error, Equatable, CustomStringConvertible {
  /// The offset of the offending byte.
  public var offset: Int
  /// What was found and what was expected.
  public var message: String

  /// Makes an error at a byte offset.
  public init(offset: Int, message: String) {
    self.offset = offset
    self.message = message
  }

  /// The error as one line.
  public var description: String { "byte \(offset): \(message)" }
}
