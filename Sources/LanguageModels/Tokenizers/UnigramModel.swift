internal import Documents

/// Pieces with scores: a word becomes those pieces whose scores add up to the most.
final class UnigramModel: Sendable {
  let vocabulary: Vocabulary
  private let scores: [Double]
  private let pieces: PieceTrie
  private let unknown: UInt32?
  private let unknownScore: Double
  /// Whether sums of scores are rounded to 32 bits, as SentencePiece itself has them.
  private let rounds: Bool
  /// The token of each byte, for characters that are no piece; nil where the vocabulary has none for a byte.
  private let byteTokens: [UInt32?]?

  /// How far below the worst piece an unknown character is: the field's constant.
  private static let unknownPenalty = 10.0

  /// The best way to a place in the word: where its last piece begins, and which it is.
  struct Way: Sendable {
    var start: Int32 = -1
    var token: UInt32 = 0
    var score = 0.0
  }

  /// - Parameters:
  ///   - rounds: whether sums of scores are rounded to 32 bits.
  ///   - takesPart: whether words are made of an entry.
  init(
    _ vocabulary: Vocabulary, scores: [Double], unknown: Int?, fallsBackToBytes: Bool, rounds: Bool = false,
    where takesPart: (Int) -> Bool = { _ in true }
  ) {
    self.vocabulary = vocabulary
    self.scores = scores
    self.unknown = unknown.map(UInt32.init)
    self.rounds = rounds
    let worst = scores.indices.lazy.filter(takesPart).map { scores[$0] }.min() ?? 0
    unknownScore = rounds ? Double(Float(worst - Self.unknownPenalty)) : worst - Self.unknownPenalty
    // Empty strings are never found.
    pieces = PieceTrie(
      vocabulary.bytes, (0..<vocabulary.count).map { takesPart($0) ? vocabulary.place($0) : 0..<0 })
    byteTokens =
      fallsBackToBytes ? ByteSpelling.all.map { vocabulary.token($0).map(UInt32.init) } : nil
  }

  /// Reads the model of a `tokenizer.json`.
  convenience init(_ value: ModelValue, _ document: TokenizerDocument) throws(ModelError) {
    let list = try value.member("vocab")
    guard var entries = document.vocabularyEntries, !entries.isObject else {
      throw list.failure("expected an array, found \(list.node.kind)")
    }
    var vocabulary = Vocabulary()
    vocabulary.reserve(bytes: entries.byteCount / 2)
    var scores: [Double] = []
    while try entries.next() {
      try entries.mark("[", "expected a piece and its score")
      try entries.string { for byte in $0 { vocabulary.append(byte: byte) } }
      try entries.mark(",", "expected a piece and its score")
      guard let score = LooseNumber.value(try entries.number().text), score.isFinite else {
        throw entries.failure("the score is no number that can be used")
      }
      try entries.mark("]", "expected a piece and its score")
      vocabulary.finishEntry(token: scores.count)
      scores.append(score)
    }
    try vocabulary.checkText(list)
    try vocabulary.checkSize(list)
    vocabulary.index()
    let unknown = try value["unk_id"].map { (value) throws(ModelError) -> Int in
      let token = try value.integer(in: 0...BytePairModel.largestToken)
      guard token < scores.count else { throw value.failure("this token is not in the vocabulary") }
      return token
    }
    self.init(
      vocabulary, scores: scores, unknown: unknown, fallsBackToBytes: try value.bool("byte_fallback", default: false))
  }

  /// Adds the tokens of a word, which is valid UTF-8.
  func encode(_ word: UnsafeBufferPointer<UInt8>, into scratch: EncodingScratch) throws(TextPatternError) {
    if scratch.ways.count <= word.count {
      scratch.ways += [Way](repeating: Way(), count: word.count + 1 - scratch.ways.count)
    }
    let isComplete = scratch.ways.withUnsafeMutableBufferPointer { ways in findWays(word, ways) }
    guard isComplete else {
      throw TextPatternError(
        message: "a character is not in the vocabulary, which has no token for unknown ones", offset: 0)
    }
    let start = scratch.count
    // From the end to the beginning, then turned round.
    var position = word.count
    while position > 0 {
      let way = scratch.ways[position]
      var first = Int(way.start)
      if way.token == unknown {
        // Neighbouring unknown characters are one token, or the bytes of all of them.
        while first > 0, scratch.ways[first].token == unknown { first = Int(scratch.ways[first].start) }
        appendUnknown(UnsafeBufferPointer(rebasing: word[first..<position]), scratch)
      } else {
        scratch.append(way.token)
      }
      position = first
    }
    var added = UnsafeMutableBufferPointer(start: scratch.tokens + start, count: scratch.count - start)
    added.reverse()
  }

  /// Finds the best way to every place of a word; false if there is none to its end.
  private func findWays(
    _ word: UnsafeBufferPointer<UInt8>, _ ways: UnsafeMutableBufferPointer<Way>
  ) -> Bool {
    for place in 0...word.count { ways[place] = Way() }
    var position = 0
    while position < word.count {
      let length = min(ScalarReader.length(word[position]), word.count - position)
      let here = ways[position].score
      var hasCharacter = false
      @inline(__always) func offer(_ token: UInt32, _ sum: Double, _ length: Int) {
        let end = position + length
        let score = rounds ? Double(Float(sum)) : sum
        if ways[end].start < 0 || score > ways[end].score {
          ways[end] = Way(start: Int32(truncatingIfNeeded: position), token: token, score: score)
        }
      }
      scores.withUnsafeBufferPointer { scores in
        pieces.forEach(in: word, at: position) { piece, found in
          offer(UInt32(truncatingIfNeeded: piece), scores[piece] + here, found)
          hasCharacter = hasCharacter || found == length
        }
      }
      if !hasCharacter {
        guard let unknown else { return false }
        offer(unknown, unknownScore + here, length)
      }
      position += length
    }
    return true
  }

  /// Adds what stands for unknown characters, last byte first.
  private func appendUnknown(_ text: UnsafeBufferPointer<UInt8>, _ scratch: EncodingScratch) {
    if let token = vocabulary.token(text) { return scratch.append(UInt32(token)) }
    if let byteTokens, text.allSatisfy({ byteTokens[Int($0)] != nil }) {
      for byte in text.reversed() { if let token = byteTokens[Int(byte)] { scratch.append(token) } }
      return
    }
    if let unknown { scratch.append(unknown) }
  }
}
