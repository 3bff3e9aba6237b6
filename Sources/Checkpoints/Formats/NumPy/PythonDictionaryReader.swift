/// Reads the one kind of Python text that is in an array's header: a dictionary of texts, truths and tuples of
/// numbers.
///
/// Nothing is evaluated. A list, which describes records, is refused.
struct PythonDictionaryReader {
  /// An entry of the dictionary.
  struct Entry {
    var key: String
    var value: Value
    /// Where the value begins in the text.
    var position: Int
  }

  /// A value of an entry.
  enum Value {
    case text(String)
    case truth(Bool)
    case numbers([Int])
  }

  /// What is wrong in the text, and where.
  struct Failure: Error {
    var position: Int
    var found: String
    var expected: String?
  }

  private let text: UnsafeRawBufferPointer
  private var position = 0

  init(_ text: UnsafeRawBufferPointer) { self.text = text }

  /// Reads the whole text.
  mutating func read() throws(Failure) -> [Entry] {
    try take("{")
    var entries: [Entry] = []
    while !found("}") {
      let key = try readText()
      try take(":")
      skipSpaces()
      let place = position
      let value = try readValue()
      entries.append(Entry(key: key, value: value, position: place))
      guard found(",") else {
        try take("}")
        break
      }
    }
    skipSpaces()
    guard position == text.count else { throw failure("text after the dictionary", expected: "spaces") }
    return entries
  }

  private mutating func readValue() throws(Failure) -> Value {
    switch peek {
    case "'", "\"": return .text(try readText())
    case "(": return .numbers(try readNumbers())
    case "[": throw failure("a list, as arrays of records have", expected: "a single type")
    default:
      for (word, truth) in [("True", true), ("False", false)] where text[position...].starts(with: word.utf8) {
        position += word.utf8.count
        return .truth(truth)
      }
      throw failure("no value", expected: "a text, True, False or a tuple")
    }
  }

  private mutating func readText() throws(Failure) -> String {
    skipSpaces()
    guard let quote = peek, quote == "'" || quote == "\"" else {
      throw failure("no text in quotes", expected: "a key or a type")
    }
    let start = position + 1
    guard let end = text[start...].firstIndex(of: UInt8(ascii: quote)), !text[start..<end].contains(UInt8(ascii: "\\"))
    else { throw failure("a text without an end or with an escape") }
    position = end + 1
    return String(decoding: text[start..<end], as: UTF8.self)
  }

  private mutating func readNumbers() throws(Failure) -> [Int] {
    try take("(")
    var numbers: [Int] = []
    while !found(")") {
      skipSpaces()
      let digits = text[position...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      guard let number = Int(String(decoding: digits, as: UTF8.self)) else {
        throw failure("no length in the shape", expected: "a whole number from 0 to \(Int.max)")
      }
      position += digits.count
      numbers.append(number)
      // Python 2 marked long numbers.
      _ = found("L")
      guard found(",") else {
        try take(")")
        break
      }
    }
    return numbers
  }

  // MARK: Characters

  private var peek: Unicode.Scalar? { position < text.count ? Unicode.Scalar(text[position]) : nil }

  private mutating func skipSpaces() {
    while let next = peek, next == " " || next == "\n" || next == "\t" { position += 1 }
  }

  private mutating func found(_ character: Unicode.Scalar) -> Bool {
    skipSpaces()
    guard peek == character else { return false }
    position += 1
    return true
  }

  private mutating func take(_ character: Unicode.Scalar) throws(Failure) {
    guard found(character) else { throw failure("no '\(character)' in the header", expected: "'\(character)'") }
  }

  private func failure(_ found: String, expected: String? = nil) -> Failure {
    Failure(position: position, found: found, expected: expected)
  }
}
