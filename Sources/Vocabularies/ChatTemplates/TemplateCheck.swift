public import Documents

/// What is wrong with a chat template, and where in it.
public struct TemplateFault: Error, Equatable, Sendable {
  /// What is wrong and what was expected.
  public var message: String
  /// Where, counted within the template.
  public var position: SourcePosition
}

extension ChatTemplate {
  /// Checks that a text can be a Jinja template: all that is opened in it is closed.
  ///
  /// - Returns: the first fault, or nil.
  public static func fault(in template: String) -> TemplateFault? {
    var check = TemplateCheck(template)
    do throws(TemplateFault) {
      try check.run()
      return nil
    } catch {
      return error
    }
  }
}

/// Reads a template only as far as delimiters, quotes and blocks go.
private struct TemplateCheck {
  private let bytes: [UInt8]
  private var position = 0
  private var blocks: [(name: String, offset: Int)] = []

  /// The statements that need an end.
  private static let blockNames: Set<String> = ["for", "if", "macro", "filter", "call", "block", "raw", "generation"]

  init(_ template: String) { bytes = Array(template.utf8) }

  mutating func run() throws(TemplateFault) {
    while position < bytes.count {
      if starts("{{") {
        _ = try inside("{{", "}}")
      } else if starts("{%") {
        try statement()
      } else if starts("{#") {
        let start = position
        while position < bytes.count, !starts("#}") { position += 1 }
        guard position < bytes.count else { throw fault("\"{#\" is never closed by \"#}\"", at: start) }
        position += 2
      } else if starts("}}") || starts("%}") || starts("#}") {
        let closing = String(decoding: bytes[position..<position + 2], as: UTF8.self)
        let opening = ["}}": "{{", "%}": "{%", "#}": "{#"][closing] ?? ""
        throw fault("\"\(closing)\" closes nothing: \"\(opening)\" is missing before it", at: position)
      } else {
        position += 1
      }
    }
    if let open = blocks.last { throw fault("\"\(open.name)\" has no \"end\(open.name)\"", at: open.offset) }
  }

  private mutating func statement() throws(TemplateFault) {
    let start = position
    let name = try inside("{%", "%}")
    if name.hasPrefix("end") {
      let block = String(name.dropFirst(3))
      guard Self.blockNames.contains(block) else { return }
      guard let open = blocks.popLast() else { throw fault("\"\(name)\" ends nothing", at: start) }
      guard open.name == block else {
        throw fault("\"\(name)\" stands where \"end\(open.name)\" was expected", at: start)
      }
    } else if Self.blockNames.contains(name) {
      blocks.append((name, start))
      guard name == "raw" else { return }
      // Whatever stands in such a block is text.
      while position < bytes.count, !(starts("{%") && peekName() == "endraw") { position += 1 }
    }
  }

  /// Goes behind the end of an expression or statement, and gives its first word.
  private mutating func inside(_ opening: String, _ closing: String) throws(TemplateFault) -> String {
    let start = position
    let name = peekName()
    position += 2
    var quote: UInt8?
    var quoteStart = 0
    var depth = 0
    while position < bytes.count {
      let byte = bytes[position]
      if let open = quote {
        if byte == UInt8(ascii: "\\") { position += 1 } else if byte == open { quote = nil }
      } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
        (quote, quoteStart) = (byte, position)
      } else if depth == 0, starts(closing) {
        position += 2
        return name
      } else if byte == UInt8(ascii: "{") {
        // A dictionary, whose end may stand right before the end of the expression.
        depth += 1
      } else if byte == UInt8(ascii: "}"), depth > 0 {
        depth -= 1
      }
      position += 1
    }
    if quote != nil { throw fault("a quotation mark is never closed", at: quoteStart) }
    throw fault("\"\(opening)\" is never closed by \"\(closing)\"", at: start)
  }

  /// The first word behind the delimiter at the current place.
  private func peekName() -> String {
    var place = position + 2
    while place < bytes.count, [UInt8(ascii: "-"), UInt8(ascii: "+"), 32, 10, 9, 13].contains(bytes[place]) {
      place += 1
    }
    let word = bytes[place...].prefix { $0 >= 97 && $0 <= 122 || $0 >= 65 && $0 <= 90 || $0 == 95 }
    return String(decoding: word, as: UTF8.self)
  }

  private func starts(_ text: String) -> Bool { bytes[position...].starts(with: text.utf8) }

  private func fault(_ message: String, at offset: Int) -> TemplateFault {
    TemplateFault(message: message, position: SourcePosition(byteOffset: offset, in: bytes))
  }
}

/// White space around templates.
enum TemplateText {
  static func trimmed(_ text: String) -> String {
    var rest = Substring(text)
    while let first = rest.first, first.isWhitespace { rest.removeFirst() }
    while let last = rest.last, last.isWhitespace { rest.removeLast() }
    return String(rest)
  }
}
