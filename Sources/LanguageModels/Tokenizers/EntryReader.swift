internal import Documents

/// Reads the entries of a vocabulary or of merges out of JSON text, one after another and without a tree.
struct EntryReader {
  private let document: ModelDocument
  private let range: Range<Int>
  private let path: String
  private var position: Int
  /// How many entries have been begun.
  private var started = 0

  /// - Parameters:
  ///   - range: the place of the array or object, brackets included.
  ///   - path: the keys that lead to it, for errors.
  init(_ document: ModelDocument, _ range: Range<Int>, path: String) {
    self.document = document
    self.range = range
    self.path = path
    position = range.lowerBound
  }

  /// About how many bytes are to be read.
  var byteCount: Int { range.count }

  /// Whether the entries are members of an object.
  var isObject: Bool { document.bytes[range.lowerBound] == UInt8(ascii: "{") }

  /// Goes to the next entry; false behind the last one.
  mutating func next() throws(ModelError) -> Bool {
    if started == 0 {
      position += 1
      skipBlanks()
      if peek == close {
        position += 1
        return false
      }
    } else {
      skipBlanks()
      if peek == close { return false }
      try expect(",", "expected ',' between entries")
      skipBlanks()
    }
    started += 1
    return true
  }

  private var close: UInt8 { isObject ? UInt8(ascii: "}") : UInt8(ascii: "]") }

  // MARK: Values

  /// What the next value begins with.
  var peek: UInt8 { position < range.upperBound ? document.bytes[position] : 0 }

  /// Reads a string; its bytes go to `body` one by one or in stretches, with escapes resolved.
  @inline(__always)
  mutating func string(_ body: (UnsafeBufferPointer<UInt8>) -> Void) throws(ModelError) {
    let open = position
    guard peek == UInt8(ascii: "\"") else { throw mismatch("a string") }
    position += 1
    while true {
      let start = position
      position = document.bytes.withUnsafeBufferPointer { bytes in
        var end = start
        while end < range.upperBound, bytes[end] != UInt8(ascii: "\""), bytes[end] != UInt8(ascii: "\\"),
          bytes[end] >= 0x20
        {
          end += 1
        }
        if end > start { body(UnsafeBufferPointer(rebasing: bytes[start..<end])) }
        return end
      }
      switch peek {
      case UInt8(ascii: "\""):
        position += 1
        return
      case UInt8(ascii: "\\"): try escaped(from: open, body)
      default: throw syntax("a control character stands unescaped in a string")
      }
    }
  }

  /// Reads from an escape on: through the parser, which knows them all, for this one sequence.
  private mutating func escaped(from open: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Void) throws(ModelError) {
    // Escapes in a row are taken together: they may be the halves of one character.
    let start = position
    while peek == UInt8(ascii: "\\") {
      let kind = position + 1 < range.upperBound ? document.bytes[position + 1] : 0
      position += kind == UInt8(ascii: "u") ? 6 : 2
    }
    guard position <= range.upperBound else { throw syntax("the document ends inside an escape") }
    do throws(JSONError) {
      let quote = [UInt8(ascii: "\"")]
      let node = try JSONParser.parse(quote + document.bytes[start..<position] + quote)
      var text = node.string ?? ""
      text.withUTF8(body)
    } catch {
      throw document.failure(atByte: start + max(0, error.offset - 1), "not valid JSON: \(error.message)")
    }
  }

  /// Reads the colon behind a key.
  mutating func colon() throws(ModelError) {
    skipBlanks()
    try expect(":", "expected ':' after a key")
    skipBlanks()
  }

  /// Reads a bracket or a comma within an entry, blanks around it included.
  mutating func mark(_ character: Unicode.Scalar, _ expected: String) throws(ModelError) {
    skipBlanks()
    guard peek == UInt8(truncatingIfNeeded: character.value) else { throw failure(expected) }
    position += 1
    skipBlanks()
  }

  /// Reads a number.
  mutating func number() throws(ModelError) -> (text: Substring, start: Int) {
    let start = position
    let isPart = { (byte: UInt8) in
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "+-.eE".utf8.contains(byte)
    }
    while isPart(peek) { position += 1 }
    guard start < position else { throw mismatch("a number") }
    return (Substring(decoding: document.bytes[start..<position], as: UTF8.self), start)
  }

  /// Reads a token's number.
  mutating func token(named name: () -> String) throws(ModelError) -> Int {
    let start = position
    var value = 0
    while peek >= UInt8(ascii: "0"), peek <= UInt8(ascii: "9"), position - start < 10 {
      value = value * 10 + Int(peek - UInt8(ascii: "0"))
      position += 1
    }
    let end = peek
    if start < position, end == UInt8(ascii: ",") || end == UInt8(ascii: "}") || end <= 0x20,
      value <= BytePairModel.largestToken
    {
      return value
    }
    position = start
    let place = "\(path).\(name())"
    guard let text = try? number().text else {
      throw document.failure(atByte: start, "\(place): expected a whole number")
    }
    guard let number = Int(text) else {
      throw document.failure(atByte: start, "\(place): expected a whole number, found \(text)")
    }
    throw document.failure(
      atByte: start, "\(place): \(number) is out of range; expected 0 to \(BytePairModel.largestToken)")
  }

  // MARK: Errors

  /// An error about the entry that is being read.
  func failure(_ message: String) -> ModelError {
    document.failure(atByte: min(position, range.upperBound - 1), "\(path)[\(started - 1)]: \(message)")
  }

  private func mismatch(_ expected: String) -> ModelError {
    let found =
      switch peek {
      case UInt8(ascii: "{"): "an object"
      case UInt8(ascii: "["): "an array"
      case UInt8(ascii: "\""): "a string"
      case UInt8(ascii: "t"), UInt8(ascii: "f"): "a boolean"
      case UInt8(ascii: "n"): "null"
      default: "a number"
      }
    return failure("expected \(expected), found \(found)")
  }

  private func syntax(_ message: String) -> ModelError {
    document.failure(atByte: min(position, range.upperBound - 1), "not valid JSON: \(message)")
  }

  private mutating func expect(_ character: Unicode.Scalar, _ message: String) throws(ModelError) {
    guard peek == UInt8(truncatingIfNeeded: character.value) else { throw syntax(message) }
    position += 1
  }

  private mutating func skipBlanks() {
    while peek == 0x20 || peek == 0x0A || peek == 0x0D || peek == 0x09, position < range.upperBound { position += 1 }
  }
}
