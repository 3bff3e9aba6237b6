/// Writes a layout in the canonical form: two blanks deeper for each level, lists below their keys as well, no blanks at
/// the ends of lines, never two blank lines in a row.
struct LayoutWriter {
  private var lines: [String] = []

  static func text(of layout: SpecLayout) -> String {
    var writer = LayoutWriter()
    for document in layout.documents { writer.write(document) }
    return writer.finish()
  }

  /// The lines of a single item.
  static func lines(of item: LayoutItem) -> [String] {
    var writer = LayoutWriter()
    writer.write(item, at: 0)
    return writer.lines
  }

  private mutating func finish() -> String {
    while lines.last == "" { lines.removeLast() }
    return lines.joined(separator: "\n") + (lines.isEmpty ? "" : "\n")
  }

  private mutating func write(_ document: LayoutDocument) {
    write(document.header, at: 0)
    if let marker = document.marker { lines.append(marker) }
    write(document.belowMarker, at: 0)
    for item in document.items { write(item, at: 0) }
    write(document.closing, at: 0)
  }

  /// Writes comments and blank lines.
  private mutating func write(_ comments: [String], at column: Int) {
    for comment in comments {
      if !comment.isEmpty {
        lines.append(Self.blanks(column) + comment)
      } else if let last = lines.last, !last.isEmpty, !last.hasPrefix("---") {
        lines.append("")
      }
    }
  }

  private mutating func write(_ item: LayoutItem, at column: Int) {
    var item = item
    if item.kind == .element, item.isBare, let first = item.children.first {
      // What stands above the first key of an element stands above the element.
      item.lead += first.lead.filter { !$0.isEmpty }
      item.children[0].lead = []
    }
    write(item.lead, at: column)
    write(item, at: column, after: Self.blanks(column))
  }

  private mutating func write(_ item: LayoutItem, at column: Int, after start: String) {
    var children = item.children[...]
    switch item.kind {
    case .key(let written):
      lines.append(start + written + (written.hasPrefix("*") ? " :" : ":") + Self.value(of: item, blank: " "))
    case .element:
      if item.isBare, let first = children.popFirst() {
        write(first, at: column + 2, after: start + "- ")
      } else {
        lines.append(start + "-" + Self.value(of: item, blank: " "))
      }
    case .value: lines.append(start + Self.value(of: item, blank: ""))
    }
    writeMore(item, at: column)
    for child in children { write(child, at: column + 2) }
    write(item.tail, at: column)
  }

  private static func value(of item: LayoutItem, blank: String) -> String {
    let words = [item.properties, item.body].filter { !$0.isEmpty }
    let text = words.isEmpty ? "" : blank + words.joined(separator: " ")
    guard !item.comment.isEmpty else { return text }
    let isApart = item.comment.first?.isWhitespace ?? false
    return text + (isApart ? "" : "  ") + item.comment
  }

  private mutating func writeMore(_ item: LayoutItem, at column: Int) {
    guard !item.more.isEmpty else { return }
    let texts = item.more.filter { !LayoutScanner.trimmed($0).isEmpty }
    let first = texts.first.map { LayoutScanner.indent(of: $0) } ?? 0
    // A digit says how deep the block stands relative to what is around it.
    let isFixed = !item.isBlock || item.body.contains { $0.isNumber }
    let shift = isFixed ? column - item.column : column + 2 - first
    for line in item.more {
      let indent = LayoutScanner.indent(of: line)
      if LayoutScanner.trimmed(line).isEmpty, !item.isBlock || indent <= first {
        lines.append("")
      } else {
        lines.append(Self.blanks(max(0, indent + shift)) + line.dropFirst(indent))
      }
    }
  }

  private static func blanks(_ count: Int) -> String { String(repeating: " ", count: count) }
}
