package import Documents

/// A value of a YAML document with the place where it is written, aliases resolved and merge keys applied.
package struct SyntaxNode: Sendable {
  package enum Value: Sendable {
    case scalar(SyntaxScalar)
    case sequence([SyntaxNode])
    case mapping([SyntaxEntry])
  }

  package var value: Value
  /// Where the value is written; for the target of an alias, the place of the anchored text.
  package var position: SourcePosition
  /// Where the alias stands, if the value came through one.
  package var aliasPosition: SourcePosition?
  /// The anchors on this value and on the values within it.
  package var anchors: Set<String> = []

  /// Where the document uses the value: the alias, or the text itself.
  package var usePosition: SourcePosition { aliasPosition ?? position }

  /// The entries, if this is a mapping.
  package var mapping: [SyntaxEntry]? { if case .mapping(let entries) = value { entries } else { nil } }
  /// The elements, if this is a list.
  package var sequence: [SyntaxNode]? { if case .sequence(let elements) = value { elements } else { nil } }
  /// The scalar, if this is one.
  package var scalar: SyntaxScalar? { if case .scalar(let scalar) = value { scalar } else { nil } }
  /// The text of a scalar that is not null.
  package var text: String? { scalar.flatMap { $0.isNull ? nil : $0.text } }
  /// Whether this is a null.
  package var isNull: Bool { scalar?.isNull ?? false }

  /// What kind of value this is, in words for an error message.
  package var kind: String {
    switch value {
    case .mapping: "a mapping"
    case .sequence: "a list"
    case .scalar(let scalar): scalar.isNull ? "nothing" : "\"\(scalar.text.prefix(60))\""
    }
  }
}

/// A key of a mapping and its value.
package struct SyntaxEntry: Sendable {
  package var key: String
  package var keyPosition: SourcePosition
  package var value: SyntaxNode
}

/// A scalar as it stands in the text; what it means depends on what is asked for.
package struct SyntaxScalar: Sendable {
  package var text: String
  /// Whether it stands without quotes, so that it may be a null, a truth value or a number.
  package var isPlain: Bool

  /// Whether this is YAML's null.
  package var isNull: Bool { isPlain && ["", "~", "null", "Null", "NULL"].contains(text) }

  /// The truth value, by the rules of YAML 1.1.
  package var bool: Bool? {
    guard isPlain else { return nil }
    switch text {
    case "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": return true
    case "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": return false
    default: return nil
    }
  }

  /// The number, by the rules of YAML 1.1; quoted numbers and forms such as `1e-5` count too.
  package var number: Double? {
    var digits = text.filter { $0 != "_" }
    if digits.hasPrefix("+") { digits.removeFirst() }
    let negative = digits.hasPrefix("-")
    let magnitude = negative ? String(digits.dropFirst()) : digits
    guard let first = magnitude.utf8.first, first == UInt8(ascii: ".") || (48...57).contains(first) else { return nil }
    for (prefix, radix) in [("0x", 16), ("0b", 2), ("0o", 8)] where magnitude.hasPrefix(prefix) {
      return Int(magnitude.dropFirst(2), radix: radix).map { Double(negative ? -$0 : $0) }
    }
    if isPlain, magnitude.utf8.count > 1, first == UInt8(ascii: "0"),
      magnitude.utf8.allSatisfy({ (48...55).contains($0) })
    {
      return Int(magnitude, radix: 8).map { Double(negative ? -$0 : $0) }
    }
    guard
      magnitude.utf8.allSatisfy({ (48...57).contains($0) || [".", "e", "E", "+", "-"].contains(Unicode.Scalar($0)) })
    else { return nil }
    return Double(digits)
  }

  /// The whole number, if it is one.
  package var int: Int? { number.flatMap { Int(exactly: $0) } }
}
