/// Reads JSON strictly (RFC 8259), keeping the byte range of every value.
///
/// Duplicate keys are refused on request, nesting is limited, and no input makes it trap: it is given headers of
/// untrusted weight files.
public struct JSONParser {
  /// How deep arrays and objects may nest. Real headers and configurations stay below ten.
  public static let maximumDepth = 128

  private let bytes: UnsafeRawBufferPointer
  private let refusesDuplicates: Bool
  private(set) var position = 0
  /// How many values may still be made; see ``JSONMemberReader``.
  var remainingValues = Int.max

  init(bytes: UnsafeRawBufferPointer, refusesDuplicates: Bool) {
    self.bytes = bytes
    self.refusesDuplicates = refusesDuplicates
  }

  /// Parses one document that fills the whole text; white space may surround it.
  public static func parse(
    _ bytes: UnsafeRawBufferPointer, refusingDuplicateKeys refuses: Bool = false
  ) throws(JSONError) -> JSONNode {
    var parser = JSONParser(bytes: bytes, refusesDuplicates: refuses)
    parser.skipBlanks()
    let node = try parser.parseValue(depth: 0)
    parser.skipBlanks()
    guard parser.position == bytes.count else { throw parser.failure("text after the end of the document") }
    return node
  }

  /// Parses a document held in an array of bytes.
  public static func parse(_ bytes: [UInt8], refusingDuplicateKeys refuses: Bool = false) throws(JSONError) -> JSONNode
  {
    let result: Result<JSONNode, JSONError> = bytes.withUnsafeBytes { raw in
      do throws(JSONError) {
        return .success(try parse(raw, refusingDuplicateKeys: refuses))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// Parses a document held in a string.
  public static func parse(_ text: String) throws(JSONError) -> JSONNode { try parse(Array(text.utf8)) }

  // MARK: Values

  mutating func parseValue(depth: Int) throws(JSONError) -> JSONNode {
    guard depth < Self.maximumDepth else { throw failure("nested deeper than \(Self.maximumDepth) levels") }
    guard remainingValues > 0 else { throw failure("more values here than can belong") }
    remainingValues -= 1
    let start = position
    guard let byte = peek else { throw failure("the document ends where a value was expected") }
    let value: JSONNode.Value
    switch byte {
    case UInt8(ascii: "{"): value = .object(try parseMembers(depth: depth))
    case UInt8(ascii: "["): value = .array(try parseElements(depth: depth))
    case UInt8(ascii: "\""): value = .string(try parseString())
    case UInt8(ascii: "t"): value = try parseWord("true", .bool(true))
    case UInt8(ascii: "f"): value = try parseWord("false", .bool(false))
    case UInt8(ascii: "n"): value = try parseWord("null", .null)
    default: value = .number(try parseNumber())
    }
    return JSONNode(value: value, range: start..<position)
  }

  private mutating func parseMembers(depth: Int) throws(JSONError) -> [JSONMember] {
    position += 1
    var members: [JSONMember] = []
    var seen: Set<String> = []
    skipBlanks()
    if take("}") { return members }
    while true {
      skipBlanks()
      let start = position
      guard peek == UInt8(ascii: "\"") else { throw failure("expected a key in quotes") }
      let key = try parseString()
      let keyRange = start..<position
      if refusesDuplicates, isRepeated(key, after: members, &seen) {
        throw JSONError(offset: start, message: "the key \(PrintableText.quoted(key)) appears twice")
      }
      skipBlanks()
      guard take(":") else { throw failure("expected ':' after the key \(PrintableText.quoted(key))") }
      skipBlanks()
      members.append(JSONMember(key: key, keyRange: keyRange, node: try parseValue(depth: depth + 1)))
      skipBlanks()
      if take("}") { return members }
      guard take(",") else { throw failure("expected ',' or '}' in an object") }
    }
  }

  /// Whether an earlier member has this key.
  ///
  /// Most objects are small, and looking through them is faster than hashing; large ones fill the set on the way.
  private func isRepeated(_ key: String, after members: [JSONMember], _ seen: inout Set<String>) -> Bool {
    let few = 8
    if members.count < few { return members.contains { $0.key == key } }
    if members.count == few { seen = Set(members.map(\.key)) }
    return !seen.insert(key).inserted
  }

  private mutating func parseElements(depth: Int) throws(JSONError) -> [JSONNode] {
    position += 1
    var elements: [JSONNode] = []
    skipBlanks()
    if take("]") { return elements }
    while true {
      skipBlanks()
      elements.append(try parseValue(depth: depth + 1))
      skipBlanks()
      if take("]") { return elements }
      guard take(",") else { throw failure("expected ',' or ']' in an array") }
    }
  }

  private mutating func parseWord(_ word: StaticString, _ value: JSONNode.Value) throws(JSONError) -> JSONNode.Value {
    let end = position + word.utf8CodeUnitCount
    guard end <= bytes.count,
      UnsafeRawBufferPointer(rebasing: bytes[position..<end]).elementsEqual(
        UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    else { throw failure("expected a value") }
    position = end
    return value
  }

  private mutating func parseNumber() throws(JSONError) -> String {
    let start = position
    _ = take("-")
    let leadingZero = peek == UInt8(ascii: "0")
    guard skipDigits() > 0 else {
      position = start
      throw failure("expected a value")
    }
    if leadingZero, position - start > (bytes[start] == UInt8(ascii: "-") ? 2 : 1) {
      throw JSONError(offset: start, message: "a number may not begin with 0")
    }
    if take("."), skipDigits() == 0 { throw failure("expected digits after '.'") }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      if skipDigits() == 0 { throw failure("expected digits in the exponent") }
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  // MARK: Strings

  mutating func parseString() throws(JSONError) -> String {
    let open = position
    position += 1
    let start = position
    // Nearly every string has no escape: find its end first and decode it in one go.
    while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
    if peek == UInt8(ascii: "\"") {
      let text = try utf8(start..<position)
      position += 1
      return text
    }
    var buffer = Array(bytes[start..<position])
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        guard let text = String(validating: buffer, as: UTF8.self) else {
          throw JSONError(offset: open, message: "a string is not valid UTF-8")
        }
        return text
      case UInt8(ascii: "\\"): try parseEscape(into: &buffer)
      case 0..<0x20: throw failure("a control character stands unescaped in a string")
      default:
        buffer.append(byte)
        position += 1
      }
    }
    throw JSONError(offset: open, message: "a string is never closed")
  }

  private mutating func parseEscape(into buffer: inout [UInt8]) throws(JSONError) {
    position += 1
    guard let byte = peek else { throw failure("the document ends inside an escape") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): buffer.append(byte)
    case UInt8(ascii: "b"): buffer.append(0x08)
    case UInt8(ascii: "f"): buffer.append(0x0C)
    case UInt8(ascii: "n"): buffer.append(0x0A)
    case UInt8(ascii: "r"): buffer.append(0x0D)
    case UInt8(ascii: "t"): buffer.append(0x09)
    case UInt8(ascii: "u"):
      var code = UInt32(try parseHex())
      if (0xD800..<0xDC00).contains(code) {
        guard take("\\"), take("u") else { throw failure("half of a surrogate pair stands alone") }
        let low = UInt32(try parseHex())
        guard (0xDC00..<0xE000).contains(low) else { throw failure("half of a surrogate pair stands alone") }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw failure("half of a surrogate pair stands alone") }
      buffer.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    default:
      position -= 1
      throw failure("unknown escape in a string")
    }
  }

  private mutating func parseHex() throws(JSONError) -> UInt16 {
    guard position + 4 <= bytes.count,
      let code = UInt16(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16),
      bytes[position] != UInt8(ascii: "+"), bytes[position] != UInt8(ascii: "-")
    else { throw failure("expected four hexadecimal digits") }
    position += 4
    return code
  }

  private func utf8(_ range: Range<Int>) throws(JSONError) -> String {
    let part = UnsafeRawBufferPointer(rebasing: bytes[range])
    // Nearly every string is ASCII, which is valid as it stands.
    if part.allSatisfy({ $0 < 0x80 }) { return String(decoding: part, as: UTF8.self) }
    guard let text = String(validating: part, as: UTF8.self) else {
      throw JSONError(offset: range.lowerBound, message: "a string is not valid UTF-8")
    }
    return text
  }

  // MARK: Bytes

  var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard peek == UInt8(truncatingIfNeeded: character.value) else { return false }
    position += 1
    return true
  }

  private mutating func skipDigits() -> Int {
    let start = position
    while let byte = peek, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { position += 1 }
    return position - start
  }

  mutating func skipBlanks() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  func failure(_ message: String) -> JSONError { JSONError(offset: position, message: message) }
}
