/// A YAML text as its author laid it out: lines, what stands below what, and every comment.
///
/// The YAML library forgets comments, quotes and line breaks. What rewrites a spec therefore works on this, and then
/// checks with the library that the text means what it should.
struct SpecLayout {
  var documents: [LayoutDocument]
}

/// One document of a text.
struct LayoutDocument {
  /// The line of dashes that begins the document, if there is one.
  var marker: String?
  /// Comments, blank lines and directives above the line of dashes; a blank line is empty.
  var header: [String] = []
  /// Comments above the first item that belong to the document as a whole.
  var belowMarker: [String] = []
  /// The outermost keys or elements.
  var items: [LayoutItem] = []
  /// Comments below everything, and the line of dots, if there is one.
  var closing: [String] = []
}

/// A key with its value, an element of a list, or a value that stands alone.
struct LayoutItem {
  enum Kind: Equatable {
    /// A key, as it is written.
    case key(String)
    /// An element of a list.
    case element
    /// A value without a key.
    case value
  }

  var kind: Kind
  /// The line in the text, from one; zero for what was not in it.
  var line = 0
  /// The column in the text, from zero.
  var column = 0
  /// Comments and blank lines above; a blank line is empty.
  var lead: [String] = []
  /// An anchor and a tag before the value.
  var properties = ""
  /// The value as far as it stands on the same line.
  var body = ""
  /// The comment behind it, with the blanks before it.
  var comment = ""
  /// Further lines of the value, as they stand in the text.
  var more: [String] = []
  /// Whether the value is a block of text, in which blanks count.
  var isBlock = false
  /// What stands below.
  var children: [LayoutItem] = []
  /// Comments below the children that stand as deep as the item.
  var tail: [String] = []

  /// A key with a plain value.
  init(key: String, body: String = "", line: Int = 0, children: [LayoutItem] = []) {
    kind = .key(key)
    self.body = body
    self.line = line
    self.children = children
  }

  init(kind: Kind, line: Int, column: Int) {
    self.kind = kind
    self.line = line
    self.column = column
  }

  /// The key's name without quotes and anchors, if this is a key.
  var name: String? {
    guard case .key(let written) = kind else { return nil }
    guard written.hasPrefix("&") || written.hasPrefix("!") else { return LayoutScanner.unquoted(written) }
    return LayoutScanner.unquoted(written.split(separator: " ").last.map(String.init) ?? written)
  }

  /// Whether nothing stands on the line but the item itself.
  var isBare: Bool { properties.isEmpty && body.isEmpty && comment.isEmpty && more.isEmpty }

  /// The value, if it is one word or number on one line; quotes are taken off.
  var word: String? {
    guard more.isEmpty, children.isEmpty, !body.isEmpty, !isBlock, let first = body.first, !"[{*&!|>".contains(first)
    else { return nil }
    return LayoutScanner.unquoted(body)
  }

  /// Whether something in here has a name that other places refer to, or refers to one.
  var hasAnchors: Bool {
    if case .key(let head) = kind, head.contains("&") || head.contains("*") || head == "<<" { return true }
    return properties.contains("&") || ([body] + more).contains { $0.contains("&") || $0.contains("*") }
      || children.contains(where: \.hasAnchors)
  }
}

/// A layout that cannot be taken apart.
struct LayoutError: Error {
  var line: Int
  var message: String
}
