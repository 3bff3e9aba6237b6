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

  init(_ value: ModelValue) throws(ModelError) {
    id = try value.integer("id", in: 0...BytePairModel.largestToken)
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
  private struct Node: Sendable {
    var next: [UInt8: Int] = [:]
    var token: Int?
  }

  private let tokens: [AddedToken]
  private var nodes = [Node()]
  private var starts = [Bool](repeating: false, count: 256)

  /// Looks for tokens by the spelling that is given with each; empty spellings are never found.
  init(_ spelled: [(token: AddedToken, spelling: [UInt8])]) {
    tokens = spelled.map(\.token)
    for (number, entry) in spelled.enumerated() {
      guard let first = entry.spelling.first else { continue }
      starts[Int(first)] = true
      var node = 0
      for byte in entry.spelling {
        if let next = nodes[node].next[byte] {
          node = next
        } else {
          nodes.append(Node())
          nodes[node].next[byte] = nodes.count - 1
          node = nodes.count - 1
        }
      }
      nodes[node].token = number
    }
  }

  /// Whether there is nothing to look for.
  var isEmpty: Bool { nodes.count == 1 }

  /// Cuts a text at its added tokens.
  func parts(of text: UnsafeBufferPointer<UInt8>) -> [TextPart] {
    var parts: [TextPart] = []
    // What lies before `done` has been handed out already.
    var done = 0
    var position = 0
    while position < text.count {
      guard starts[Int(text[position])], let match = longest(in: text, at: position) else {
        position += 1
        continue
      }
      let token = tokens[match.token]
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

  private func longest(in text: UnsafeBufferPointer<UInt8>, at start: Int) -> (token: Int, length: Int)? {
    var best: (token: Int, length: Int)?
    var node = 0
    var position = start
    while position < text.count, let next = nodes[node].next[text[position]] {
      node = next
      position += 1
      if let token = nodes[node].token { best = (token, position - start) }
    }
    return best
  }

  private func touchesWord(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
    if range.lowerBound > 0, ScalarReader.scalar(in: text, before: range.lowerBound).scalar.isWordPart { return true }
    return range.upperBound < text.count && ScalarReader.scalar(in: text, at: range.upperBound).scalar.isWordPart
  }
}
