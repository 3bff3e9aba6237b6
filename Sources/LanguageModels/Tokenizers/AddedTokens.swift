/// A token that is found in the text before anything else happens to it.
struct AddedToken: Sendable {
  var id: Int
  var content: [UInt8]
  /// Whether it counts only where no word goes on to its left or right.
  var singleWord: Bool
  /// Whether it takes the white space before it along.
  var stripsLeft: Bool
  /// Whether it takes the white space behind it along.
  var stripsRight: Bool
  /// Whether it is looked for in the normalised text.
  var normalized: Bool
  /// Whether it is left out when tokens are turned to text without special tokens.
  var special: Bool

  init(
    id: Int, content: [UInt8], singleWord: Bool = false, stripsLeft: Bool = false, stripsRight: Bool = false,
    normalized: Bool = false, special: Bool
  ) {
    self.id = id
    self.content = content
    self.singleWord = singleWord
    self.stripsLeft = stripsLeft
    self.stripsRight = stripsRight
    self.normalized = normalized
    self.special = special
  }

  /// Reads a token, whose number stands beside it if it is not given.
  init(_ value: ModelValue, id: Int? = nil) throws(ModelError) {
    if let id { self.id = id } else { self.id = try value.integer("id", in: 0...BytePairModel.largestToken) }
    content = Array(try value.member("content").string().utf8)
    singleWord = try value.bool("single_word", default: false)
    stripsLeft = try value.bool("lstrip", default: false)
    stripsRight = try value.bool("rstrip", default: false)
    special = try value.bool("special", default: false)
    normalized = try value.bool("normalized", default: !special)
  }
}

/// A part of a text: an added token, or text that is still to be looked at.
enum TextPart {
  case token(Int)
  case text(Range<Int>)
}

/// Finds added tokens in a text: leftmost first, of those that begin at the same place the longest.
struct AddedTokenFinder: Sendable {
  private let tokens: [AddedToken]
  private let spellings: PieceTrie

  /// Looks for tokens by the spelling that is given with each; empty spellings are never found.
  init(_ spelled: [(token: AddedToken, spelling: [UInt8])]) {
    tokens = spelled.map(\.token)
    var bytes: [UInt8] = []
    var places: [Range<Int>] = []
    for entry in spelled {
      places.append(bytes.count..<bytes.count + entry.spelling.count)
      bytes += entry.spelling
    }
    spellings = PieceTrie(bytes, places)
  }

  /// Whether there is nothing to look for.
  var isEmpty: Bool { spellings.isEmpty }

  /// Cuts a text at its added tokens.
  func parts(of text: UnsafeBufferPointer<UInt8>) -> [TextPart] {
    if isEmpty { return text.isEmpty ? [] : [.text(0..<text.count)] }
    var parts: [TextPart] = []
    // What lies before `done` has been handed out already.
    var done = 0
    var position = 0
    while position < text.count {
      guard spellings.begins(with: text[position]), let match = spellings.longest(in: text, at: position) else {
        position += 1
        continue
      }
      let token = tokens[match.piece]
      var start = position
      var end = position + match.length
      position = end
      if token.singleWord, touchesWord(text, start..<end) { continue }
      if token.stripsLeft {
        while start > 0 {
          let (scalar, length) = ScalarReader.scalar(in: text, before: start)
          guard scalar.isWhiteSpace else { break }
          start -= length
        }
        start = max(start, done)
      }
      if token.stripsRight {
        while end < text.count {
          let (scalar, length) = ScalarReader.scalar(in: text, at: end)
          guard scalar.isWhiteSpace else { break }
          end += length
        }
      }
      if done < start { parts.append(.text(done..<start)) }
      parts.append(.token(token.id))
      done = end
    }
    if done < text.count { parts.append(.text(done..<text.count)) }
    return parts
  }

  private func touchesWord(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
    if range.lowerBound > 0, ScalarReader.scalar(in: text, before: range.lowerBound).scalar.isWordPart { return true }
    return range.upperBound < text.count && ScalarReader.scalar(in: text, at: range.upperBound).scalar.isWordPart
  }
}
