/// Takes mappings and lists in braces and brackets apart, so that single entries can be changed.
enum FlowItems {
  /// The entries of a mapping in braces, or the elements of a list in brackets; nil if the text is neither, or has
  /// comments in it, which have no place among entries.
  static func of(_ item: LayoutItem) -> [LayoutItem]? {
    guard let first = item.body.first, first == "{" || first == "[" else { return nil }
    let lines = [item.body] + item.more
    guard lines.allSatisfy({ LayoutScanner.comment(in: Array($0)[...]) == nil }) else { return nil }
    let text = Array(lines.joined(separator: " "))
    guard let parts = parts(of: text) else { return nil }
    var items: [LayoutItem] = []
    for part in parts {
      guard first == "{" else {
        var element = LayoutItem(kind: .element, line: item.line, column: 0)
        set(part[...], on: &element)
        items.append(element)
        continue
      }
      guard let key = LayoutScanner.key(in: part[...]) else { return nil }
      var entry = LayoutItem(kind: .key(String(part[..<key.end])), line: item.line, column: 0)
      set(part[key.next...], on: &entry)
      items.append(entry)
    }
    return items
  }

  private static func set(_ text: ArraySlice<Character>, on item: inout LayoutItem) {
    let found = LayoutScanner.properties(in: text)
    item.properties = found.text
    item.body = LayoutScanner.trimmed(String(text[found.next...]))
  }

  /// The texts between the outermost commas.
  private static func parts(of text: [Character]) -> [[Character]]? {
    var parts: [[Character]] = []
    var current: [Character] = []
    var index = 1
    var isAtStart = true
    while index < text.count {
      let character = text[index]
      if character == "[" || character == "{" || isAtStart && (character == "\"" || character == "'") {
        // Whatever brackets or quotes enclose is taken whole.
        var open = LayoutScanner.Open()
        guard let end = open.consume(text[index...]) else { return nil }
        current += text[index..<end]
        index = end
        isAtStart = false
        continue
      }
      if character == "," {
        parts.append(current)
        current = []
      } else if character == "]" || character == "}" {
        let rest = String(current)
        if !LayoutScanner.trimmed(rest).isEmpty { parts.append(current) }
        return parts.map { Array(LayoutScanner.trimmed(String($0))) }
      } else {
        current.append(character)
      }
      isAtStart = character == "," || character == ":" || character.isWhitespace && isAtStart
      index += 1
    }
    return nil
  }
}

extension LayoutItem {
  /// The entries or elements below the item, in lines or in brackets; nil if there are none.
  var parts: [LayoutItem]? { children.isEmpty ? FlowItems.of(self) : children }

  /// Gives the item other entries or elements, a line each.
  mutating func setParts(_ parts: [LayoutItem]) {
    if children.isEmpty {
      body = ""
      more = []
    }
    children = parts
  }
}
