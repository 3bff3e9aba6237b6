internal import Documents

/// A `tokenizer.json` whose long parts, vocabulary and merges, are left as text.
///
/// A vocabulary has up to half a million entries, and a tree of all their values costs many times what reading them
/// straight into tables does.
struct TokenizerDocument {
  /// The document, in which the vocabulary and the merges are empty.
  let root: ModelValue
  /// The vocabulary's value in the text, brackets included, if it was set aside.
  private(set) var vocabulary: Range<Int>?
  /// The same for the merges.
  private(set) var merges: Range<Int>?

  init(_ bytes: [UInt8], file: String) throws(ModelError) {
    let parts = bytes.withUnsafeBufferPointer { bytes in
      var finder = LongPartFinder(bytes)
      return finder.find() ? finder.parts : [:]
    }
    guard !parts.isEmpty else {
      root = try ModelDocument.parse(bytes, file: file)
      return
    }
    vocabulary = parts["vocab"]
    merges = parts["merges"]
    // Everything else keeps its place, so that errors name the right line.
    var short = bytes
    for range in parts.values {
      short.withUnsafeMutableBufferPointer { short in
        UnsafeMutableBufferPointer(rebasing: short[range].dropFirst().dropLast()).update(repeating: UInt8(ascii: " "))
      }
    }
    let document = ModelDocument(file: file, bytes: bytes)
    do throws(JSONError) {
      root = ModelValue(node: try JSONParser.parse(short), path: "", document: document)
    } catch {
      throw document.failure(atByte: error.offset, "not valid JSON: \(error.message)")
    }
  }

  /// A reader of the vocabulary's entries.
  var vocabularyEntries: EntryReader? {
    vocabulary.map { EntryReader(root.document, $0, path: "model.vocab") }
  }

  /// A reader of the merges.
  var mergeEntries: EntryReader? { merges.map { EntryReader(root.document, $0, path: "model.merges") } }
}

/// Finds where `model.vocab` and `model.merges` stand, without looking at what they hold.
private struct LongPartFinder {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0
  private(set) var parts: [String: Range<Int>] = [:]

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  /// Whether the text has the outline of a JSON object; what is in it is checked by those who read it.
  mutating func find() -> Bool {
    guard members(isModel: false) else { return false }
    skipBlanks()
    return position == bytes.count
  }

  private mutating func members(isModel: Bool) -> Bool {
    skipBlanks()
    guard take("{") else { return false }
    skipBlanks()
    if take("}") { return true }
    while true {
      skipBlanks()
      let start = position
      guard skipString() else { return false }
      let key = bytes[start + 1..<position - 1]
      skipBlanks()
      guard take(":") else { return false }
      skipBlanks()
      let place = position
      if !isModel, key.elementsEqual("model".utf8), position < bytes.count, bytes[position] == UInt8(ascii: "{") {
        guard parts.isEmpty, members(isModel: true) else { return false }
      } else {
        guard skipValue() else { return false }
        if isModel, bytes[place] == UInt8(ascii: "{") || bytes[place] == UInt8(ascii: "["),
          let name = ["vocab", "merges"].first(where: { key.elementsEqual($0.utf8) })
        {
          guard parts.updateValue(place..<position, forKey: name) == nil else { return false }
        }
      }
      skipBlanks()
      if take("}") { return true }
      guard take(",") else { return false }
    }
  }

  private mutating func skipValue() -> Bool {
    guard position < bytes.count else { return false }
    if bytes[position] == UInt8(ascii: "\"") { return skipString() }
    var depth = 0
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        guard skipString() else { return false }
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if depth == 0 { return true }
        depth -= 1
        if depth == 0 {
          position += 1
          return true
        }
      case UInt8(ascii: ","): if depth == 0 { return true }
      default: break
      }
      position += 1
    }
    return false
  }

  private mutating func skipString() -> Bool {
    guard take("\"") else { return false }
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        position += 1
        return true
      case UInt8(ascii: "\\"): position += 2
      default: position += 1
      }
    }
    return false
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(truncatingIfNeeded: character.value) else { return false }
    position += 1
    return true
  }

  private mutating func skipBlanks() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }
}
