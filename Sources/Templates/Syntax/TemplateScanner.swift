internal import Documents

/// Cuts a template into tokens: the text outside of tags, with the white space that tags take away, and what is inside.
struct TemplateScanner {
  private let source: SourceText
  private let dialect: Template.Dialect
  private let scalars: [Unicode.Scalar]
  private var position = 0
  /// Whether what stands before the position ends a line, as far as tags saw it.
  private var isAtLineStart = true
  private var tokens: [Token] = []

  private init(_ source: SourceText, _ dialect: Template.Dialect) {
    self.source = source
    self.dialect = dialect
    scalars = source.scalars
  }

  /// The tokens of a template, with `.end` behind them.
  static func tokens(of source: SourceText, dialect: Template.Dialect) throws(TemplateError) -> [Token] {
    var scanner = TemplateScanner(source, dialect)
    while try scanner.scanTag() {}
    scanner.tokens.append(Token(kind: .end, offset: scanner.scalars.count))
    return scanner.tokens
  }

  /// Scans the text up to the next tag and the tag; false at the end of the template.
  private mutating func scanTag() throws(TemplateError) -> Bool {
    let start = position
    guard let open = nextOpening() else {
      emit(start..<scalars.count)
      return false
    }
    let kind = scalars[open + 1]
    let sign = sign(at: open + 2)
    emit(start..<textEnd(start, open, sign: sign, isPrint: kind == "{"))
    position = open + (sign == nil ? 2 : 3)
    switch kind {
    case "#": try skipComment(from: open)
    case "{": try scanExpression(from: open, isPrint: true)
    default:
      if !(try scanRaw(from: open)) { try scanExpression(from: open, isPrint: false) }
    }
    isAtLineStart = position > 0 && scalars[position - 1] == "\n"
    return true
  }

  private func nextOpening() -> Int? {
    var index = position
    while index + 1 < scalars.count {
      if scalars[index] == "{", scalars[index + 1] == "{" || scalars[index + 1] == "%" || scalars[index + 1] == "#" {
        return index
      }
      index += 1
    }
    return nil
  }

  private func sign(at index: Int) -> Unicode.Scalar? {
    index < scalars.count && (scalars[index] == "-" || scalars[index] == "+") ? scalars[index] : nil
  }

  /// Where the text before a tag ends once the tag has taken its white space.
  private func textEnd(_ start: Int, _ open: Int, sign: Unicode.Scalar?, isPrint: Bool) -> Int {
    var end = open
    if sign == "-" {
      while end > start, scalars[end - 1].isBlank { end -= 1 }
    } else if sign == nil, !isPrint, dialect == .chat {
      while end > start, scalars[end - 1] != "\n" {
        guard scalars[end - 1].isBlank else { return open }
        end -= 1
      }
      if end == start, !isAtLineStart { return open }
    }
    return end
  }

  private mutating func emit(_ range: Range<Int>) {
    if !range.isEmpty { tokens.append(Token(kind: .data(source.text(range)), offset: range.lowerBound)) }
  }

  private func stands(_ text: StaticString, at index: Int) -> Bool {
    var place = index
    return text.withUTF8Buffer { bytes in
      for byte in bytes {
        guard place < scalars.count, scalars[place].value == UInt32(byte) else { return false }
        place += 1
      }
      return true
    }
  }

  /// Moves behind the end of a tag that begins at `index` and takes the white space that belongs to it.
  ///
  /// - Parameter trims: whether a newline right behind the tag goes with it.
  private mutating func close(at index: Int, sign: Unicode.Scalar?, trims: Bool) {
    position = index + 2
    if sign == "-" {
      while position < scalars.count, scalars[position].isBlank { position += 1 }
    } else if sign == nil, trims, dialect == .chat, position < scalars.count, scalars[position] == "\n" {
      position += 1
    }
  }

  private mutating func skipComment(from open: Int) throws(TemplateError) {
    var index = position
    while !stands("#}", at: index) {
      guard index < scalars.count else { throw failure("\"{#\" is never closed by \"#}\"", at: open) }
      index += 1
    }
    close(at: index, sign: index > position ? sign(at: index - 1) : nil, trims: true)
  }

  /// Scans `{% raw %}` to `{% endraw %}`; false if the tag is another one.
  private mutating func scanRaw(from open: Int) throws(TemplateError) -> Bool {
    guard let begin = endOfTag(named: "raw", at: position), begin.sign != "+" else { return false }
    close(at: begin.index, sign: begin.sign, trims: false)
    let start = position
    isAtLineStart = scalars[position - 1] == "\n"
    var index = position
    while index < scalars.count {
      if stands("{%", at: index) {
        let sign = sign(at: index + 2)
        if let end = endOfTag(named: "endraw", at: index + (sign == nil ? 2 : 3)) {
          emit(start..<textEnd(start, index, sign: sign, isPrint: false))
          close(at: end.index, sign: end.sign, trims: true)
          return true
        }
      }
      index += 1
    }
    throw failure("\"raw\" has no \"endraw\"", at: open)
  }

  /// Where the `%}` of a tag stands that consists of one name only.
  private func endOfTag(named name: StaticString, at start: Int) -> (index: Int, sign: Unicode.Scalar?)? {
    var index = start
    while index < scalars.count, scalars[index].isBlank { index += 1 }
    guard stands(name, at: index) else { return nil }
    index += name.utf8CodeUnitCount
    while index < scalars.count, scalars[index].isBlank { index += 1 }
    let sign = sign(at: index)
    if sign != nil { index += 1 }
    return stands("%}", at: index) ? (index, sign) : nil
  }

  private func failure(_ message: String, at offset: Int) -> TemplateError {
    source.error(Fault(message, kind: .syntax), at: offset)
  }

  // MARK: Inside of tags

  private mutating func scanExpression(from open: Int, isPrint: Bool) throws(TemplateError) {
    tokens.append(Token(kind: isPrint ? .printBegin : .blockBegin, offset: open))
    var scanner = ExpressionScanner(source, at: position)
    while true {
      scanner.skipBlanks()
      let start = scanner.position
      if scanner.openBrackets.isEmpty {
        let sign = sign(at: start)
        let index = sign == nil ? start : start + 1
        if isPrint, sign != "+", stands("}}", at: index) {
          tokens.append(Token(kind: .printEnd, offset: start))
          return close(at: index, sign: sign, trims: false)
        }
        if !isPrint, stands("%}", at: index) {
          tokens.append(Token(kind: .blockEnd, offset: start))
          return close(at: index, sign: sign, trims: true)
        }
      }
      guard let kind = try scanner.next(isAfterDot: tokens.last?.kind == .mark(".")) else {
        if let bracket = scanner.openBrackets.last {
          throw failure("\"\(bracket.mark)\" is never closed", at: bracket.offset)
        }
        throw failure(isPrint ? "\"{{\" is never closed by \"}}\"" : "\"{%\" is never closed by \"%}\"", at: open)
      }
      tokens.append(Token(kind: kind, offset: start))
    }
  }
}
