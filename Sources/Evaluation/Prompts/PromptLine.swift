internal import Documents

/// Reads one line of a prompt file, and says everything that is wrong with it.
struct PromptLine {
  /// A fault of the line: the byte it is about, what is wrong and what to do about it.
  struct Fault {
    var offset: Int
    var message: String
    var hint: String?
  }

  private(set) var faults: [Fault] = []
  private var keyOffsets: [String: Int] = [:]

  /// The prompt on the line, or nil if there are faults.
  mutating func read(_ line: [UInt8]) -> Prompt? {
    let node: JSONNode
    do {
      node = try JSONParser.parse(line, refusingDuplicateKeys: true)
    } catch {
      fault(error.offset, "the line is not valid JSON: \(error.message)")
      return nil
    }
    guard let members = node.object else {
      fault(node.range.lowerBound, "expected an object with a prompt, found \(node.kind)", hint: Self.patterns)
      return nil
    }
    for member in members { keyOffsets[member.key] = member.keyRange.lowerBound }
    guard let kind = kind(of: members, at: node.range.lowerBound) else { return nil }
    checkKeys(members, kind: kind, at: node.range.lowerBound)
    let id = name("id", in: node)
    let task = name("task", in: node)
    let content = content(kind, in: node)
    guard faults.isEmpty, let id, let task, let content else { return nil }
    return Prompt(id: id, task: task, content: content)
  }

  private static let patterns =
    "a line is one of " + PromptKind.ofLines.map(\.pattern).joined(separator: ", ")

  private mutating func fault(_ offset: Int, _ message: String, hint: String? = nil) {
    faults.append(Fault(offset: offset, message: message, hint: hint))
  }

  // MARK: Keys

  /// The kind that the keys speak for, misspelt ones included.
  private mutating func kind(of members: [JSONMember], at offset: Int) -> PromptKind? {
    let everyKey = PromptKind.ofLines.flatMap(\.keys)
    var present: [PromptKind: String] = [:]
    var nearby: [PromptKind: String] = [:]
    for member in members {
      for kind in PromptKind.ofLines {
        if kind.keys.contains(member.key) {
          present[kind] = present[kind] ?? member.key
        } else if let nearest = NearestName.of(member.key, in: everyKey), kind.keys.contains(nearest) {
          nearby[kind] = nearby[kind] ?? member.key
        }
      }
    }
    let candidates = present.isEmpty ? nearby : present
    if candidates.count > 1 {
      let found = PromptKind.ofLines.compactMap { kind in candidates[kind].map { "\"\($0)\" (\(kind.words))" } }
      fault(
        offset, "the line mixes keys of different kinds of prompts: \(found.joined(separator: ", "))",
        hint: Self.patterns)
      return nil
    }
    guard let kind = candidates.first?.key else {
      fault(offset, "none of the keys says what kind of prompt this is", hint: Self.patterns)
      return nil
    }
    return kind
  }

  private mutating func checkKeys(_ members: [JSONMember], kind: PromptKind, at offset: Int) {
    let valid = ["id", "task"] + kind.keys
    var missing = valid.filter { keyOffsets[$0] == nil }
    for member in members where !valid.contains(member.key) {
      // A misspelt key explains the missing one: it is said once.
      if let meant = NearestName.of(member.key, in: missing) {
        missing.removeAll { $0 == meant }
        fault(member.keyRange.lowerBound, "unknown key \"\(member.key)\"", hint: "did you mean \"\(meant)\"?")
      } else {
        let nearest = NearestName.of(member.key, in: valid).map { "the nearest key is \"\($0)\"; " } ?? ""
        fault(
          member.keyRange.lowerBound, "unknown key \"\(member.key)\"",
          hint: nearest + "a \(kind.words) prompt is \(kind.pattern)")
      }
    }
    for key in missing {
      fault(
        offset, "a \(kind.words) prompt needs the key \"\(key)\"", hint: "a \(kind.words) prompt is \(kind.pattern)")
    }
  }

  // MARK: Values

  /// An id or a task: a string that is not empty, or an integer, which stands for its digits.
  private mutating func name(_ key: String, in node: JSONNode) -> String? {
    guard let value = node[key] else { return nil }
    if let number = value.int { return String(number) }
    guard let text = value.string else {
      fault(value.range.lowerBound, "\"\(key)\" must be a string, found \(value.kind)")
      return nil
    }
    if text.isEmpty { fault(value.range.lowerBound, "\"\(key)\" is empty") }
    return text
  }

  private mutating func string(_ key: String, in node: JSONNode, mayBeEmpty: Bool) -> String? {
    guard let value = node[key] else { return nil }
    guard let text = value.string else {
      fault(value.range.lowerBound, "\"\(key)\" must be a string, found \(value.kind)")
      return nil
    }
    if !mayBeEmpty, text.isEmpty { fault(value.range.lowerBound, "\"\(key)\" is empty") }
    return text
  }

  private mutating func content(_ kind: PromptKind, in node: JSONNode) -> Prompt.Content? {
    switch kind {
    case .choice:
      let query = string("query", in: node, mayBeEmpty: true)
      let choices = choices(in: node)
      let gold = gold(in: node, count: choices?.count)
      guard let query, let choices, let gold else { return nil }
      return .choice(query: query, choices: choices, gold: gold)
    case .generation:
      let prompt = string("prompt", in: node, mayBeEmpty: true)
      let target = string("target", in: node, mayBeEmpty: false)
      guard let prompt, let target else { return nil }
      return .generation(prompt: prompt, target: target)
    case .text:
      return string("text", in: node, mayBeEmpty: false).map { .text($0) }
    case .document: return nil
    }
  }

  private mutating func choices(in node: JSONNode) -> [String]? {
    guard let value = node["choices"] else { return nil }
    guard let elements = value.array else {
      fault(value.range.lowerBound, "\"choices\" must be an array of strings, found \(value.kind)")
      return nil
    }
    if elements.count < 2 {
      fault(value.range.lowerBound, "\"choices\" needs at least two strings, found \(elements.count)")
    }
    for (index, element) in elements.enumerated() {
      if let text = element.string {
        if text.isEmpty { fault(element.range.lowerBound, "choice \(index) is empty") }
      } else {
        fault(element.range.lowerBound, "choice \(index) must be a string, found \(element.kind)")
      }
    }
    return elements.map { $0.string ?? "" }
  }

  private mutating func gold(in node: JSONNode, count: Int?) -> Int? {
    guard let value = node["gold"] else { return nil }
    guard let gold = value.int else {
      fault(value.range.lowerBound, "\"gold\" must be the index of the right choice, found \(value.kind)")
      return nil
    }
    if let count, count > 0, !(0..<count).contains(gold) {
      fault(
        value.range.lowerBound,
        "\"gold\" is \(gold), but the \(count) choices have the indices 0 to \(count - 1)")
    }
    return gold
  }
}
