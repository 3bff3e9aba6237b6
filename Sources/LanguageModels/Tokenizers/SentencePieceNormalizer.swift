/// What SentencePiece itself does to a text: replaces characters, tidies up spaces, and writes them as a visible sign.
struct SentencePieceNormalizer: Sendable {
  /// The sign for a space.
  static let sign: [UInt8] = [0xE2, 0x96, 0x81]

  var characters: CharacterMap?
  /// Whether a space is put in front.
  var addsPrefix = true
  /// Whether spaces at the ends go, and several spaces become one.
  var removesExtraSpaces = true
  /// Whether spaces become signs.
  var escapesSpaces = true

  func apply(to text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count + text.count / 2)
    let space = escapesSpaces ? Self.sign : [UInt8(ascii: " ")]
    var position = 0
    if removesExtraSpaces {
      while position < text.count {
        if let (length, replacement) = characters?.longest(in: text, at: position) {
          guard replacement.count == 1, replacement.first == UInt8(ascii: " ") else { break }
          position += length
        } else {
          guard text[position] == UInt8(ascii: " ") else { break }
          position += 1
        }
      }
    }
    guard position < text.count else { return [] }
    if addsPrefix { result += space }
    // Right behind a space, further ones go.
    var followsSpace = removesExtraSpaces
    func add(_ byte: UInt8) {
      if byte == UInt8(ascii: " ") {
        if !followsSpace { result += space }
        followsSpace = removesExtraSpaces
      } else {
        result.append(byte)
        followsSpace = false
      }
    }
    while position < text.count {
      if let (length, replacement) = characters?.longest(in: text, at: position) {
        // Only the first spaces of a replacement follow what stands before it.
        var isWithin = false
        for byte in replacement {
          if isWithin { followsSpace = false }
          let count = result.count
          add(byte)
          isWithin = result.count > count
        }
        position += length
      } else {
        let length = ScalarReader.length(text[position])
        for byte in text[position..<position + length] { add(byte) }
        position += length
      }
    }
    if removesExtraSpaces {
      while result.count >= space.count, result.suffix(space.count).elementsEqual(space) {
        result.removeLast(space.count)
      }
    }
    return result
  }
}
