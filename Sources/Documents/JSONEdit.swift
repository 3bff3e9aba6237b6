/// Changes single values of a JSON text and leaves every other byte as it was.
public enum JSONEdit {
  /// Sets members of the outermost object: present ones are replaced in place, new ones appended in its style.
  ///
  /// - Parameters:
  ///   - text: a JSON document whose outermost value is an object.
  ///   - values: keys and the JSON text of their new values, in the order in which new ones are appended.
  public static func setting(_ values: [(key: String, json: String)], in text: [UInt8]) throws(JSONError) -> [UInt8] {
    let root = try JSONParser.parse(text)
    guard let members = root.object else {
      throw JSONError(offset: 0, message: "expected an object, found \(root.kind)")
    }
    var replacements: [(range: Range<Int>, json: String)] = []
    var additions: [(key: String, json: String)] = []
    for (key, json) in values {
      if let member = members.last(where: { $0.key == key }) {
        replacements.append((member.node.range, json))
      } else {
        additions.append((key, json))
      }
    }
    if !additions.isEmpty {
      // New members follow the last one, behind the same white space that separates the first from the brace.
      let anchor = members.last?.node.range.upperBound ?? root.range.lowerBound + 1
      let indent =
        members.first.map { text[(root.range.lowerBound + 1)..<$0.keyRange.lowerBound] }.map {
          String(decoding: $0, as: UTF8.self)
        } ?? ""
      let separator = members.isEmpty ? "" : ","
      let added = additions.enumerated().map { index, addition in
        (index == 0 ? separator : ",") + indent + quote(addition.key) + ": " + addition.json
      }
      replacements.append((anchor..<anchor, added.joined()))
    }
    return replacing(replacements, in: text)
  }

  /// Removes a member of the outermost object, with the comma that goes with it; a text without it stays as it is.
  public static func removing(_ key: String, in text: [UInt8]) throws(JSONError) -> [UInt8] {
    let members = try JSONParser.parse(text).object ?? []
    guard let place = members.firstIndex(where: { $0.key == key }) else { return text }
    let member = members[place]
    let range =
      if place + 1 < members.count {
        member.keyRange.lowerBound..<members[place + 1].keyRange.lowerBound
      } else if place > 0 {
        members[place - 1].node.range.upperBound..<member.node.range.upperBound
      } else {
        member.keyRange.lowerBound..<member.node.range.upperBound
      }
    // A key may be there twice.
    return try removing(key, in: replacing([(range, "")], in: text))
  }

  /// Replaces byte ranges of a text, all at once; the ranges are those of the unchanged text and do not overlap.
  public static func replacing(_ replacements: [(range: Range<Int>, json: String)], in text: [UInt8]) -> [UInt8] {
    var result = text
    for (range, json) in replacements.sorted(by: { $0.range.lowerBound > $1.range.lowerBound }) {
      result.replaceSubrange(range, with: Array(json.utf8))
    }
    return result
  }

  /// The JSON spelling of a string, quotes included.
  ///
  /// - Parameter asciiOnly: whether everything but printable ASCII is spelt by its numbers.
  public static func quote(_ text: String, asciiOnly: Bool = false) -> String {
    // Nearly every text has nothing to escape.
    if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) && $0 != 0x22 && $0 != 0x5C }) { return "\"\(text)\"" }
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      case "\u{8}": quoted += "\\b"
      case "\u{C}": quoted += "\\f"
      case _ where scalar.value < 0x20 || asciiOnly && scalar.value > 0x7E:
        for unit in String(scalar).utf16 {
          let hex = String(unit, radix: 16)
          quoted += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        }
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
