/// Takes a YAML text apart into its layout. The text has been read by the YAML library before and is valid.
struct LayoutReader {
  private let lines: [Substring]
  private var next = 0
  private var documents: [LayoutDocument] = []
  private var document = LayoutDocument()
  /// The items of the document in the order of the text; their columns say what stands below what.
  private var items: [LayoutItem] = []
  private var pending: [Substring] = []
  private var isBegun = false

  static func read(_ text: String) throws(LayoutError) -> SpecLayout {
    var reader = LayoutReader(text)
    try reader.read()
    return SpecLayout(documents: reader.documents)
  }

  private init(_ text: String) {
    let start = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
    let text = start.replacing("\r\n", with: "\n")
    lines = text.split(separator: "\n", omittingEmptySubsequences: false)
  }

  private mutating func read() throws(LayoutError) {
    while next < lines.count {
      let line = lines[next]
      if line.hasPrefix("---"), isMark(line) {
        try beginDocument(line)
      } else if line.hasPrefix("..."), isMark(line) {
        endDocument(with: LayoutScanner.trimmed(line))
      } else if line.hasPrefix("%"), items.isEmpty {
        pending.append(line)
      } else if isComment(line) {
        pending.append(line)
      } else {
        isBegun = true
        try readItems(line)
        continue
      }
      next += 1
    }
    endDocument()
  }

  private func isMark(_ line: Substring) -> Bool { line.dropFirst(3).first?.isWhitespace ?? true }

  private func isComment(_ line: Substring) -> Bool {
    line.first { !$0.isWhitespace }.map { $0 == "#" } ?? true
  }

  // MARK: Documents

  private mutating func beginDocument(_ line: Substring) throws(LayoutError) {
    // What stands above the dashes belongs to the text as a whole, or to the document before.
    if isBegun { endDocument() }
    let rest = LayoutScanner.trimmed(line.dropFirst(3))
    guard rest.isEmpty || rest.hasPrefix("#") else {
      throw LayoutError(line: next + 1, message: "a value stands on the line of dashes")
    }
    document.header += pending.map { LayoutScanner.trimmed($0) }
    pending = []
    document.marker = rest.isEmpty ? "---" : "---  " + rest
    isBegun = true
  }

  private mutating func endDocument(with dots: String? = nil) {
    takePending(upTo: 0)
    document.closing = pending.map { LayoutScanner.trimmed($0) } + (dots.map { [$0] } ?? [])
    pending = []
    guard isBegun || !document.closing.isEmpty || !document.header.isEmpty else { return }
    var index = 0
    document.items = children(of: nil, from: &index)
    if var first = document.items.first {
      let blank = first.lead.lastIndex(of: "")
      let own = blank.map { Array(first.lead[($0 + 1)...]) } ?? []
      document.belowMarker = Array(first.lead.dropLast(own.count))
      first.lead = own
      document.items[0] = first
    }
    documents.append(document)
    document = LayoutDocument()
    items = []
    isBegun = false
  }

  private func children(of parent: LayoutItem?, from index: inout Int) -> [LayoutItem] {
    var result: [LayoutItem] = []
    while index < items.count, isChild(items[index], of: parent) {
      var item = items[index]
      index += 1
      item.children = children(of: item, from: &index)
      result.append(item)
    }
    return result
  }

  private func isChild(_ item: LayoutItem, of parent: LayoutItem?) -> Bool {
    guard let parent else { return true }
    // A list may stand as far left as its key.
    return item.column > parent.column
      || item.column == parent.column && item.kind == .element && parent.kind != .element
  }

  /// Gives the comments that stand deeper than a column to the item whose place they share.
  private mutating func takePending(upTo column: Int) {
    let end = pending.firstIndex { !LayoutScanner.trimmed($0).isEmpty && LayoutScanner.indent(of: $0) <= column }
    let deeper = pending[..<(end ?? pending.endIndex)]
    guard let last = deeper.lastIndex(where: { !LayoutScanner.trimmed($0).isEmpty }) else { return }
    var place: Int?
    for line in pending[...last] {
      let text = LayoutScanner.trimmed(line)
      if !text.isEmpty || place == nil { place = owner(at: LayoutScanner.indent(of: line)) }
      guard let place else { return }
      items[place].tail.append(text)
    }
    pending.removeSubrange(...last)
  }

  /// The last item, or the innermost one around it, that stands no deeper than a column.
  private func owner(at column: Int) -> Int? {
    var bound = Int.max
    for index in items.indices.reversed() where items[index].column < bound {
      if items[index].column <= column { return index }
      bound = items[index].column
    }
    return items.indices.last
  }

  // MARK: Items

  private mutating func readItems(_ line: Substring) throws(LayoutError) {
    let characters = Array(line)
    var column = LayoutScanner.indent(of: line)
    guard characters[column] != "\t" else { throw LayoutError(line: next + 1, message: "the line begins with a tab") }
    takePending(upTo: column)
    var lead = pending.map { LayoutScanner.trimmed($0) }
    pending = []
    let number = next + 1
    next += 1
    while true {
      let rest = characters[column...]
      if rest.first == "?", rest.dropFirst().first?.isWhitespace ?? true {
        throw LayoutError(line: number, message: "a key begins with a question mark")
      }
      if rest.first == "-", rest.dropFirst().first?.isWhitespace ?? true {
        var item = LayoutItem(kind: .element, line: number, column: column)
        item.lead = lead
        lead = []
        var start = column + 1
        while start < characters.count, characters[start].isWhitespace { start += 1 }
        let isNested = start < characters.count && isItem(characters[start...])
        if !isNested { try readValue(of: &item, characters, from: column + 1) }
        items.append(item)
        guard isNested else { return }
        column = start
      } else {
        let key = LayoutScanner.key(in: rest)
        var item = LayoutItem(
          kind: key.map { LayoutItem.Kind.key(String(rest[..<$0.end])) } ?? .value, line: number, column: column)
        item.lead = lead
        try readValue(of: &item, characters, from: key?.next ?? column)
        items.append(item)
        return
      }
    }
  }

  private func isItem(_ rest: ArraySlice<Character>) -> Bool {
    rest.first == "-" && rest.dropFirst().first?.isWhitespace ?? true || LayoutScanner.key(in: rest) != nil
  }

  private mutating func readValue(
    of item: inout LayoutItem, _ line: [Character], from start: Int
  ) throws(LayoutError) {
    let found = LayoutScanner.properties(in: line[start...])
    item.properties = found.text
    let rest = line[found.next...]
    guard let first = rest.first else { return }
    switch first {
    case "#": item.comment = LayoutScanner.trimmed(String(rest))
    case "|", ">":
      setPlain(rest, of: &item)
      item.isBlock = true
      readBlock(of: &item)
    case "[", "{", "\"", "'":
      var open = LayoutScanner.Open()
      if let end = open.consume(rest) { return setRest(line[end...], after: rest[..<end], of: &item) }
      setPlain(rest, of: &item, isOpen: true)
      while next < lines.count {
        let further = Array(lines[next])
        item.more.append(String(lines[next]))
        next += 1
        if open.consume(further[...]) != nil { return }
      }
    default:
      setPlain(rest, of: &item)
      // A plain value may go on in deeper lines; in a list that stands as far left as its key there are none.
      while next < lines.count, !isComment(lines[next]), LayoutScanner.indent(of: lines[next]) > item.column,
        item.comment.isEmpty, !item.body.hasPrefix("*")
      {
        item.more.append(String(lines[next]))
        next += 1
      }
    }
  }

  private func setRest(_ rest: ArraySlice<Character>, after body: ArraySlice<Character>, of item: inout LayoutItem) {
    item.body = String(body)
    let comment = String(rest)
    let text = LayoutScanner.trimmed(comment)
    if !text.isEmpty { item.comment = String(comment.prefix { $0.isWhitespace }) + text }
  }

  private func setPlain(_ rest: ArraySlice<Character>, of item: inout LayoutItem, isOpen: Bool = false) {
    let end = isOpen ? nil : LayoutScanner.comment(in: rest)
    let body = rest[..<(end ?? rest.endIndex)]
    setRest(rest[body.endIndex...], after: body, of: &item)
    item.body = LayoutScanner.trimmed(item.body)
  }

  /// Reads a block of text: all lines that stand deeper, and blank ones among them.
  private mutating func readBlock(of item: inout LayoutItem) {
    while next < lines.count {
      let line = lines[next]
      let isBlank = LayoutScanner.trimmed(line).isEmpty
      guard isBlank || LayoutScanner.indent(of: line) > item.column else { break }
      item.more.append(String(line))
      next += 1
    }
    // Blank lines at the end belong to the block only if it says so.
    guard !item.body.contains("+") else { return }
    while let last = item.more.last, LayoutScanner.trimmed(last).isEmpty, item.more.count > 1 {
      item.more.removeLast()
      next -= 1
    }
  }
}
