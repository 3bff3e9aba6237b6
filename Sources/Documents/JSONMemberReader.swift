/// Reads the members of a document's outermost object one after another, so that a large one never stands in
/// memory as a whole tree.
///
/// Headers of weight files have a hundred thousand members, and hostile ones a hundred million values; each member
/// is checked and let go before the next is read.
public struct JSONMemberReader {
  private var parser: JSONParser
  private let refusesDuplicates: Bool
  private let valuesPerMember: Int
  private var seen: Set<String> = []
  private var state = State.start
  private enum State { case start, inside, end }

  /// Starts to read; the bytes must stay where they are until the reader is done.
  ///
  /// - Parameter valuesPerMember: how many values one member may consist of, nested ones included.
  public init(
    _ bytes: UnsafeRawBufferPointer, refusingDuplicateKeys refuses: Bool = false, valuesPerMember: Int = .max
  ) {
    parser = JSONParser(bytes: bytes, refusesDuplicates: refuses)
    refusesDuplicates = refuses
    self.valuesPerMember = valuesPerMember
  }

  /// The next member, or nil after the last one, once the document has been seen to end properly.
  public mutating func next() throws(JSONError) -> JSONMember? {
    switch state {
    case .end: return nil
    case .start:
      parser.skipBlanks()
      guard parser.take("{") else { throw parser.failure("expected an object") }
      parser.skipBlanks()
      if parser.take("}") { return try finish() }
      state = .inside
    case .inside:
      parser.skipBlanks()
      if parser.take("}") { return try finish() }
      guard parser.take(",") else { throw parser.failure("expected ',' or '}' in an object") }
    }
    parser.skipBlanks()
    let start = parser.position
    guard parser.peek == UInt8(ascii: "\"") else { throw parser.failure("expected a key in quotes") }
    let key = try parser.parseString()
    let keyRange = start..<parser.position
    if refusesDuplicates, !seen.insert(key).inserted {
      throw JSONError(offset: start, message: "the key \(PrintableText.quoted(key)) appears twice")
    }
    parser.skipBlanks()
    guard parser.take(":") else { throw parser.failure("expected ':' after the key \(PrintableText.quoted(key))") }
    parser.skipBlanks()
    parser.remainingValues = valuesPerMember
    return JSONMember(key: key, keyRange: keyRange, node: try parser.parseValue(depth: 1))
  }

  private mutating func finish() throws(JSONError) -> JSONMember? {
    state = .end
    parser.skipBlanks()
    guard parser.peek == nil else { throw parser.failure("text after the end of the document") }
    return nil
  }
}
