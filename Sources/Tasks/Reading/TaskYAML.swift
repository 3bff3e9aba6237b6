internal import Documents
internal import Yams

/// Reads a task's YAML into nodes with places, by PyYAML's rules for plain scalars.
enum TaskYAML {
  /// The longest text that is read; the largest file of lm-evaluation-harness has 600 KB of written-out examples.
  static let maximumByteCount = 8 << 20
  /// How many values a file may have once its aliases are written out.
  static let maximumNodeCount = 1_000_000

  /// The mapping that a text holds.
  static func parse(_ text: String, file: String) throws(TaskError) -> TaskNode {
    guard text.utf8.count <= maximumByteCount else {
      throw TaskError(file: file, "the file is longer than \(ByteCount.text(maximumByteCount))")
    }
    let text = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
    let root: Node?
    do {
      // A trailing comment makes any text long enough for the library to read it in place.
      root = try Yams.compose(yaml: text + "\n#" + String(repeating: " ", count: 30), .default)
    } catch {
      throw TaskError(Self.diagnostics(error, file: file))
    }
    var reader = Reader(file: file)
    guard let root, let node = reader.node(root), node.entries != nil else {
      throw TaskError(
        file: file, reader.count > maximumNodeCount ? "the file's aliases make it too large" : "expected a mapping")
    }
    return node
  }

  private static func diagnostics(_ error: any Error, file: String) -> [Diagnostic] {
    switch error {
    case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
      YamlError.composer(_, let problem, let mark, _):
      [
        Diagnostic(
          .error, file: file, at: SourcePosition(line: mark.line, column: mark.column),
          "this is not valid YAML: \(problem)")
      ]
    case YamlError.duplicatedKeysInMapping(let keys, let context):
      [
        Diagnostic(
          .error, file: file, at: SourcePosition(line: context.mark.line, column: context.mark.column),
          "a key stands twice in one mapping: \(keys.joined(separator: ", "))")
      ]
    default: [Diagnostic(.error, file: file, "this is not valid YAML: \(error)")]
    }
  }

  private struct Reader {
    let file: String
    var count = 0

    mutating func node(_ node: Node) -> TaskNode? {
      count += 1
      guard count <= TaskYAML.maximumNodeCount else { return nil }
      let place = place(node)
      switch node {
      case .scalar(let scalar):
        if node.tag.description == "!function" { return TaskNode(value: .function(scalar.string), place: place) }
        let isPlain = scalar.style == .plain || scalar.style == .any
        return TaskNode(value: isPlain ? PlainScalar.value(scalar.string) : .text(scalar.string), place: place)
      case .sequence(let sequence):
        var elements: [TaskNode] = []
        for element in sequence {
          guard let element = self.node(element) else { return nil }
          elements.append(element)
        }
        return TaskNode(value: .list(elements), place: place)
      case .mapping(let mapping):
        var entries: [TaskEntry] = []
        for (key, value) in mapping {
          guard let value = self.node(value) else { return nil }
          let name = key.scalar?.string ?? ""
          if name == "<<", let merged = value.entries {
            entries = merged.filter { entry in !entries.contains { $0.key == entry.key } } + entries
          } else {
            entries.removeAll { $0.key == name }
            entries.append(TaskEntry(key: name, place: self.place(key), value: value))
          }
        }
        return TaskNode(value: .map(entries), place: place)
      case .alias: return nil
      }
    }

    private func place(_ node: Node) -> TaskPlace {
      TaskPlace(file: file, position: SourcePosition(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1))
    }
  }
}

/// What a scalar without quotes means, by PyYAML's rules (YAML 1.1, but `1e5` is a text).
enum PlainScalar {
  static func value(_ text: String) -> TaskNode.Value {
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": return .bool(true)
    case "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": return .bool(false)
    default: break
    }
    if let integer = integer(text) { return .integer(integer) }
    if let number = number(text) { return .number(number) }
    return .text(text)
  }

  private static func integer(_ text: String) -> Int? {
    var digits = text.filter { $0 != "_" }
    let isNegative = digits.hasPrefix("-")
    if isNegative || digits.hasPrefix("+") { digits.removeFirst() }
    guard let first = digits.utf8.first, (48...57).contains(first) else { return nil }
    let magnitude: Int? =
      if digits.hasPrefix("0x") {
        Int(digits.dropFirst(2), radix: 16)
      } else if digits.hasPrefix("0b") {
        Int(digits.dropFirst(2), radix: 2)
      } else if digits.utf8.count > 1, first == 48 {
        Int(digits, radix: 8)
      } else {
        Int(digits)
      }
    return magnitude.map { isNegative ? -$0 : $0 }
  }

  private static func number(_ text: String) -> Double? {
    switch text.lowercased() {
    case ".inf", "+.inf": return .infinity
    case "-.inf": return -.infinity
    case ".nan": return .nan
    default: break
    }
    let digits = text.filter { $0 != "_" }
    guard digits.contains("."), let first = digits.utf8.first(where: { $0 != 43 && $0 != 45 }),
      first == 46 || (48...57).contains(first),
      digits.utf8.allSatisfy({ (48...57).contains($0) || "+-.eE".utf8.contains($0) })
    else { return nil }
    // The exponent has a sign, or it is none.
    if let exponent = digits.lastIndex(where: { $0 == "e" || $0 == "E" }) {
      let sign = digits[digits.index(after: exponent)...].first
      guard sign == "+" || sign == "-" else { return nil }
    }
    return Double(digits.hasPrefix(".") ? "0" + digits : digits)
  }
}
