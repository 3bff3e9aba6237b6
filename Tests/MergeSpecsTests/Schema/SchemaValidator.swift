import Documents
import MergeSpecs

/// Checks values against the part of JSON Schema that the schema of specs uses.
struct SchemaValidator {
  let root: JSONNode

  /// The paths of what does not fit, or nothing.
  func faults(_ value: SyntaxNode, against schema: JSONNode, at path: String = "") -> [String] {
    if schema.bool == true { return [] }
    if schema.bool == false { return [path + ": not allowed"] }
    var faults: [String] = []
    func fits(_ other: JSONNode) -> Bool { self.faults(value, against: other, at: path).isEmpty }
    for member in schema.object ?? [] {
      let rule = member.node
      switch member.key {
      case "$ref":
        let name = rule.string.map { String($0.dropFirst("#/$defs/".count)) } ?? ""
        guard let target = root["$defs"]?[name] else { return [path + ": no definition \(name)"] }
        faults += self.faults(value, against: target, at: path)
      case "type":
        let names = rule.array?.compactMap(\.string) ?? [rule.string].compactMap(\.self)
        if !names.contains(where: { Self.is(value, $0) }) { faults.append("\(path): not \(names)") }
      case "enum":
        if !(rule.array ?? []).contains(where: { $0.string == value.text }) { faults.append(path + ": enum") }
      case "const": if rule.string != value.text { faults.append(path + ": const") }
      case "anyOf": if !(rule.array ?? []).contains(where: fits) { faults.append(path + ": anyOf") }
      case "oneOf": if (rule.array ?? []).filter(fits).count != 1 { faults.append(path + ": oneOf") }
      case "allOf": for part in rule.array ?? [] { faults += self.faults(value, against: part, at: path) }
      case "not": if fits(rule) { faults.append(path + ": not") }
      case "if":
        let branch = fits(rule) ? schema["then"] : schema["else"]
        if let branch { faults += self.faults(value, against: branch, at: path) }
      case "required":
        let keys = value.mapping?.map(\.key)
        for key in rule.array?.compactMap(\.string) ?? [] where keys?.contains(key) == false {
          faults.append("\(path): no \(key)")
        }
      case "properties", "patternProperties": break
      case "additionalProperties": faults += membersFaults(value, schema, at: path)
      case "items":
        for (index, element) in (value.sequence ?? []).enumerated() {
          faults += self.faults(element, against: rule, at: "\(path)/\(index)")
        }
      case "minItems": if let list = value.sequence, list.count < rule.int ?? 0 { faults.append(path + ": too few") }
      case "maxItems": if let list = value.sequence, list.count > rule.int ?? 0 { faults.append(path + ": too many") }
      case "minProperties": if value.mapping?.isEmpty == true { faults.append(path + ": empty") }
      case "minimum": if let number = number(value), number < rule.double ?? 0 { faults.append(path + ": too small") }
      case "maximum": if let number = number(value), number > rule.double ?? 0 { faults.append(path + ": too large") }
      case "minLength": if value.text?.isEmpty == true { faults.append(path + ": empty") }
      case "pattern":
        if let text = value.text, let pattern = rule.string, !Self.matches(text, pattern) {
          faults.append(path + ": pattern")
        }
      case "then", "else", "$defs", "$schema", "title", "description", "default", "deprecated": break
      default: faults.append("\(path): the validator does not know \(member.key)")
      }
    }
    // Applies where no additionalProperties stands beside.
    if schema["additionalProperties"] == nil { faults += membersFaults(value, schema, at: path) }
    return faults
  }

  private func membersFaults(_ value: SyntaxNode, _ schema: JSONNode, at path: String) -> [String] {
    var faults: [String] = []
    for entry in value.mapping ?? [] {
      let place = path + "/" + entry.key
      let patterns = (schema["patternProperties"]?.object ?? []).filter { Self.matches(entry.key, $0.key) }
      let own = schema["properties"]?[entry.key]
      for rule in [own].compactMap(\.self) + patterns.map(\.node) {
        faults += self.faults(entry.value, against: rule, at: place)
      }
      if own == nil, patterns.isEmpty, let rule = schema["additionalProperties"] {
        faults += self.faults(entry.value, against: rule, at: place)
      }
    }
    return faults
  }

  private func number(_ value: SyntaxNode) -> Double? { Self.is(value, "number") ? value.scalar?.number : nil }

  private static func `is`(_ value: SyntaxNode, _ type: String) -> Bool {
    switch type {
    case "object": return value.mapping != nil
    case "array": return value.sequence != nil
    case "null": return value.isNull
    case "boolean": return value.scalar?.bool != nil
    case "integer": return value.scalar.map { $0.isPlain && $0.int != nil } ?? false
    case "number": return value.scalar.map { $0.isPlain && $0.number != nil } ?? false
    case "string":
      return value.scalar.map { !$0.isNull && (!$0.isPlain || $0.bool == nil && $0.number == nil) } ?? false
    default: return false
    }
  }

  private static func matches(_ text: String, _ pattern: String) -> Bool {
    guard let regex = try? Regex(pattern) else { return false }
    return text.contains(regex)
  }
}
