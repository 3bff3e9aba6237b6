/// BERT's pieces: from the left always the longest one that fits, marked where it goes on in a word.
final class WordPieceModel: Sendable {
  let vocabulary: Vocabulary
  private let unknown: UInt32
  private let longestWord: Int
  private let beginnings: PieceTrie
  /// Pieces that go on in a word, without their mark, and the entry of each.
  private let continuations: PieceTrie
  private let continuationEntries: [Int]

  /// - Parameters:
  ///   - prefix: the mark of pieces that go on in a word.
  ///   - longestWord: longer words, in characters, are unknown.
  init(_ vocabulary: Vocabulary, unknown: Int, prefix: [UInt8] = Array("##".utf8), longestWord: Int = 100) {
    self.vocabulary = vocabulary
    self.unknown = UInt32(unknown)
    self.longestWord = longestWord
    beginnings = PieceTrie(vocabulary.bytes, (0..<vocabulary.count).map(vocabulary.place))
    let marked = (0..<vocabulary.count).filter { vocabulary.spelling(ofEntry: $0).starts(with: prefix) }
    continuationEntries = marked
    continuations = PieceTrie(vocabulary.bytes, marked.map { vocabulary.place($0).dropFirst(prefix.count) })
  }

  /// Reads the model of a `tokenizer.json`.
  convenience init(_ value: ModelValue, _ document: TokenizerDocument) throws(ModelError) {
    let vocabulary = try Vocabulary(reading: document.vocabularyEntries, of: value)
    try vocabulary.checkSize(value)
    let name = try value.string("unk_token") ?? "[UNK]"
    guard let unknown = vocabulary.token(Array(name.utf8)) else {
      throw (value["unk_token"] ?? value).failure("the unknown token is not in the vocabulary")
    }
    self.init(
      vocabulary, unknown: unknown, prefix: Array((try value.string("continuing_subword_prefix") ?? "##").utf8),
      longestWord: try value.integer("max_input_chars_per_word", in: 0...(1 << 30), default: 100))
  }

  /// Adds the tokens of a word, which is valid UTF-8: all of its pieces, or the unknown token if they do not cover it.
  func encode(_ word: UnsafeBufferPointer<UInt8>, into scratch: EncodingScratch) {
    let start = scratch.count
    if word.count > longestWord, word.lazy.filter({ $0 & 0xC0 != 0x80 }).count > longestWord {
      return scratch.append(unknown)
    }
    var position = 0
    while position < word.count {
      let entry: Int
      if position == 0 {
        guard let match = beginnings.longest(in: word, at: 0) else { return scratch.append(unknown) }
        entry = match.piece
        position = match.length
      } else {
        guard let match = continuations.longest(in: word, at: position) else {
          scratch.remove(from: start)
          return scratch.append(unknown)
        }
        entry = continuationEntries[match.piece]
        position += match.length
      }
      scratch.append(vocabulary.tokens[entry])
    }
  }
}
