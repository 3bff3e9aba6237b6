/// SentencePiece's table of characters and what they are replaced by: a double array of the strings that are looked
/// for, and the replacements one behind the other, each with a zero byte behind it.
///
/// The layout is that of `Darts-clone`; every place in it is checked, for it comes from a file.
struct CharacterMap: Sendable {
  private let units: [UInt32]
  private let replacements: [UInt8]

  /// Reads a map; nil if it is not one.
  init?(_ bytes: some RandomAccessCollection<UInt8>) {
    let bytes = Array(bytes)
    guard bytes.count >= 4 else { return nil }
    func number(_ place: Int) -> UInt32 {
      bytes.withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: place, as: UInt32.self)) }
    }
    let size = Int(number(0))
    guard size % 4 == 0, size >= 4, size <= bytes.count - 4 else { return nil }
    units = (0..<size / 4).map { number(4 + $0 * 4) }
    replacements = Array(bytes[(4 + size)...])
    guard replacements.withUnsafeBufferPointer(ByteText.isValid) else { return nil }
  }

  /// Calls `body` with the length of every string of the map that a text begins with, shortest first, and with the
  /// place of its replacement, until it returns false.
  @inline(__always)
  private func forEach(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int, _ body: (_ length: Int, _ place: Int) -> Bool
  ) {
    units.withUnsafeBufferPointer { units in
      var node = Self.offset(units[0])
      for position in start..<end {
        let byte = text[position]
        guard byte != 0 else { return }
        node ^= Int(byte)
        guard node < units.count else { return }
        let unit = units[node]
        guard unit & 0x8000_00FF == UInt32(byte) else { return }
        node ^= Self.offset(unit)
        guard node < units.count else { return }
        if unit >> 8 & 1 == 1, !body(position + 1 - start, Int(units[node] & 0x7FFF_FFFF)) { return }
      }
    }
  }

  private static func offset(_ unit: UInt32) -> Int { Int(unit >> 10) << Int((unit & 1 << 9) >> 6) }

  /// The replacement of the shortest string of the map that a stretch of text begins with, or nil: the rule of
  /// `tokenizers`, which has the whole stretch replaced.
  func replacement(of text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> ArraySlice<UInt8>? {
    var found: Int?
    forEach(text, from: range.lowerBound, to: range.upperBound) { _, place in
      found = place
      return false
    }
    return found.flatMap(replacement)
  }

  /// The longest string of the map that a text begins with at an offset, and its replacement, or nil: the rule of
  /// SentencePiece.
  func longest(
    in text: UnsafeBufferPointer<UInt8>, at start: Int
  ) -> (length: Int, replacement: ArraySlice<UInt8>)? {
    var found: (length: Int, place: Int)?
    forEach(text, from: start, to: text.count) { length, place in
      found = (length, place)
      return true
    }
    return found.flatMap { found in replacement(at: found.place).map { (found.length, $0) } }
  }

  private func replacement(at place: Int) -> ArraySlice<UInt8>? {
    // A replacement that begins within a character would not be text.
    guard place < replacements.count, replacements[place] & 0xC0 != 0x80 else { return nil }
    return replacements[place...].prefix { $0 != 0 }
  }

  /// A text with its characters replaced as `tokenizers` does it: grapheme by grapheme where those are short, else
  /// scalar by scalar.
  func apply(to text: UnsafeBufferPointer<UInt8>, _ classes: ScalarClasses) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count + text.count / 8)
    var position = 0
    while position < text.count {
      // Most characters are graphemes by themselves, as a look at the next one shows.
      let (first, length) = classes.at(position, text)
      let next = position + length
      if first.contains(.grapheme), next == text.count || classes.at(next, text).classes.contains(.grapheme) {
        replace(text, position..<next, in: &result)
        position = next
        continue
      }
      // Up to the next place with such a character on either side, graphemes are looked for.
      let start = position
      var followsPlain = false
      while position < text.count {
        let (classes, length) = classes.at(position, text)
        let isPlain = classes.contains(.grapheme)
        if isPlain, followsPlain { break }
        followsPlain = isPlain
        position += length
      }
      var place = start
      for character in String(decoding: UnsafeBufferPointer(rebasing: text[start..<position]), as: UTF8.self) {
        let end = place + character.utf8.count
        if end - place < 6, let replacement = replacement(of: text, place..<end) {
          result += replacement
          place = end
          continue
        }
        while place < end {
          let length = ScalarReader.length(text[place])
          replace(text, place..<place + length, in: &result)
          place += length
        }
      }
    }
    return result
  }

  @inline(__always)
  private func replace(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, in result: inout [UInt8]) {
    if let replacement = replacement(of: text, range) {
      result += replacement
    } else {
      result.append(contentsOf: UnsafeBufferPointer(rebasing: text[range]))
    }
  }
}
