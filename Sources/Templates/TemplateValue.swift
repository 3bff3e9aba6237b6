public import Documents

/// A value that a template computes with; it behaves as Python's.
///
/// Lists and dictionaries are values: two names for one list do not share later changes to it.
public enum TemplateValue: Sendable {
  /// Nothing: what was asked for is not there.
  indirect case undefined(TemplateMissing)
  case none
  case bool(Bool)
  case integer(Int)
  case float(Double)
  case string(String)
  /// A text that `escape` leaves alone.
  case safe(String)
  case list([TemplateValue])
  case tuple([TemplateValue])
  case dictionary(TemplateDictionary)
  indirect case range(TemplateRange)
  /// The values of something that can be visited, but is no list: what most filters give.
  case sequence(SequenceKind, [TemplateValue])
  /// A macro, a function, or a method bound to its value.
  indirect case callable(TemplateCallable)
  /// Something with attributes that lives as long as the rendering: a namespace, or the state of a loop.
  case object(TemplateObject)

  /// What Python makes of a sequence that is no list.
  public enum SequenceKind: String, Sendable {
    case generator, keys = "dict_keys", values = "dict_values", items = "dict_items"
  }

  /// The value that a JSON document spells.
  public init(_ node: JSONNode) {
    switch node.value {
    case .null: self = .none
    case .bool(let flag): self = .bool(flag)
    case .number(let text): self = Int(text).map { .integer($0) } ?? .float(Double(text) ?? .nan)
    case .string(let text): self = .string(text)
    case .array(let elements): self = .list(elements.map { TemplateValue($0) })
    case .object(let members):
      self = .dictionary(TemplateDictionary(members.map { ($0.key, TemplateValue($0.node)) }))
    }
  }

  /// A dictionary with text for keys, in this order.
  public static func dictionary(_ members: [(String, TemplateValue)]) -> TemplateValue {
    .dictionary(TemplateDictionary(members))
  }

  /// The text as `{{ value }}` prints it: that of a list is Python's, with quotes and `None`.
  public var text: String { PythonText.text(of: self) }

  /// Whether `if` takes the value for true.
  public var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .bool(let flag): flag
    case .integer(let number): number != 0
    case .float(let number): number != 0
    case .string(let text), .safe(let text): !text.isEmpty
    case .list(let elements), .tuple(let elements): !elements.isEmpty
    case .dictionary(let dictionary): dictionary.count > 0
    case .range(let range): range.count > 0
    case .sequence(let kind, let elements): kind == .generator || !elements.isEmpty
    case .callable, .object: true
    }
  }

  /// The string itself, if this is one.
  public var string: String? {
    switch self {
    case .string(let text), .safe(let text): text
    default: nil
    }
  }

  /// The elements of a list or tuple, or nil.
  public var elements: [TemplateValue]? {
    switch self {
    case .list(let elements), .tuple(let elements): elements
    default: nil
    }
  }

  /// The number as an integer; truth values count as 0 and 1, as in Python.
  var integer: Int? {
    switch self {
    case .integer(let number): number
    case .bool(let flag): flag ? 1 : 0
    default: nil
    }
  }

  /// The number as a double, whatever kind of number it is.
  var number: Double? {
    if case .float(let number) = self { return number }
    return integer.map(Double.init)
  }

  var isUndefined: Bool { if case .undefined = self { true } else { false } }
  var isNone: Bool { if case .none = self { true } else { false } }

  /// What Python calls a value of this type.
  var typeName: String {
    switch self {
    case .undefined: "undefined value"
    case .none: "None"
    case .bool: "bool"
    case .integer: "int"
    case .float: "float"
    case .string, .safe: "string"
    case .list: "list"
    case .tuple: "tuple"
    case .dictionary: "dictionary"
    case .range: "range"
    case .sequence(let kind, _): kind.rawValue
    case .callable: "function"
    case .object(let object): object.kind == .namespace ? "namespace" : object.kind.rawValue
    }
  }

  /// The type with its article, for messages.
  var aType: String {
    switch self {
    case .none: "None"
    case .integer, .undefined: "an \(typeName)"
    default: "a \(typeName)"
    }
  }
}

/// What was asked for and is not there, for the message in case that somebody uses it.
public struct TemplateMissing: Hashable, Sendable {
  /// The name of the variable, attribute or key.
  public var name: String
  /// What has no such attribute, or nil for a variable.
  public var owner: String?
  /// The nearest name that there is.
  public var hint: String?

  /// A variable or, with an owner, an attribute that is not there.
  public init(_ name: String, owner: String? = nil, hint: String? = nil) {
    self.name = name
    self.owner = owner
    self.hint = hint
  }

  /// The fault of using it.
  var fault: Fault {
    let quoted = PrintableText.quoted(name)
    var fault = Fault(
      owner.map { "\($0) has no \(quoted)" } ?? "\(quoted) is not defined", kind: .undefined, hint: hint)
    if owner == nil { fault.variable = name }
    return fault
  }
}

/// Whole numbers from a start to a stop that does not belong to them.
public struct TemplateRange: Hashable, Sendable {
  var start: Int
  var stop: Int
  var step: Int

  var count: Int {
    let distance = step > 0 ? stop.subtractingReportingOverflow(start) : start.subtractingReportingOverflow(stop)
    guard !distance.overflow, distance.partialValue > 0 else { return 0 }
    return (distance.partialValue - 1) / Int(clamping: step.magnitude) + 1
  }

  var elements: [TemplateValue] { (0..<count).map { .integer(start + $0 * step) } }
}

/// Something that can be called.
public enum TemplateCallable: Sendable {
  /// A macro, by its number in the rendering.
  case macro(Int)
  /// One of the functions that every template knows.
  case function(String)
  /// A method of a value.
  case method(TemplateValue, String)
  /// A cycler or joiner made by the template, by its number in the rendering.
  case cycler(Int)
  case joiner(Int)
}

/// Something that has attributes and lives in a rendering, by its number there.
public struct TemplateObject: Hashable, Sendable {
  enum Kind: String, Sendable { case namespace, loop, cycler }
  var kind: Kind
  var number: Int
}
