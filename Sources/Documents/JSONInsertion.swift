extension JSONEdit {
  /// The edit that adds elements to an array, behind the last one and spaced as its neighbours are.
  ///
  /// - Parameters:
  ///   - elements: the JSON texts of the new elements.
  ///   - container: the array, as it was parsed from `text`.
  public static func insertion(
    elements: [String], into container: JSONNode, of text: [UInt8]
  ) -> (range: Range<Int>, json: String) {
    insertion(elements, behind: (container.array ?? []).map(\.range), in: container, of: text)
  }

  /// The edit that adds members to an object, behind the last one and spaced as its neighbours are.
  ///
  /// - Parameters:
  ///   - members: the new keys and the JSON texts of their values.
  ///   - container: the object, as it was parsed from `text`.
  public static func insertion(
    members: [(key: String, json: String)], into container: JSONNode, of text: [UInt8]
  ) -> (range: Range<Int>, json: String) {
    let present = container.object ?? []
    let colon =
      present.last.map { String(decoding: text[$0.keyRange.upperBound..<$0.node.range.lowerBound], as: UTF8.self) }
      ?? ": "
    return insertion(
      members.map { quote($0.key) + colon + $0.json },
      behind: present.map { $0.keyRange.lowerBound..<$0.node.range.upperBound }, in: container, of: text)
  }

  private static func insertion(
    _ items: [String], behind present: [Range<Int>], in container: JSONNode, of text: [UInt8]
  ) -> (range: Range<Int>, json: String) {
    guard let last = present.last else {
      let start = container.range.lowerBound + 1
      return (start..<start, items.joined(separator: ", "))
    }
    let lead = present.count > 1 ? present[present.count - 2].upperBound : container.range.lowerBound + 1
    let space = String(decoding: text[lead..<last.lowerBound], as: UTF8.self)
    let separator = present.count > 1 ? space : "," + space
    return (last.upperBound..<last.upperBound, items.map { separator + $0 }.joined())
  }
}

extension JSONNode {
  /// Whether two values mean the same; the order of members and the spelling of numbers and strings do not count.
  public func isEquivalent(to other: JSONNode) -> Bool {
    switch (value, other.value) {
    case (.null, .null): true
    case (.bool(let a), .bool(let b)): a == b
    case (.number(let a), .number(let b)): a == b || Double(a) == Double(b)
    case (.string(let a), .string(let b)): a.utf8.elementsEqual(b.utf8)
    case (.array(let a), .array(let b)): a.count == b.count && zip(a, b).allSatisfy { $0.isEquivalent(to: $1) }
    case (.object(let a), .object(let b)):
      a.count == b.count && a.allSatisfy { member in other[member.key]?.isEquivalent(to: member.node) ?? false }
    default: false
    }
  }
}
