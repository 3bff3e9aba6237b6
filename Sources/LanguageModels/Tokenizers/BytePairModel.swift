internal import Documents

/// Byte-pair encoding of words: neighbouring symbols are merged, always the pair that was learnt first, of equal ones
/// the leftmost, until no pair is known.
struct BytePairModel: Sendable {
  /// The largest token number accepted, far above any real vocabulary.
  static let largestToken = (1 << 26) - 1

  /// The tokens by their spelling.
  private(set) var tokens: [[UInt8]: Int] = [:]
  /// The spelling of each token.
  private(set) var spellings: [Int: [UInt8]] = [:]
  private var merges: [UInt64: Merge]
  private let unknown: Int?
  private let fusesUnknown: Bool
  /// The token of each byte, for characters that are no token; nil where the vocabulary has none for a byte.
  private let byteTokens: [Int?]?
  private let prefersWholeWords: Bool
  private let prefix: [UInt8]
  private let suffix: [UInt8]

  private struct Merge: Sendable {
    var rank: UInt32
    var token: UInt32
  }

  init(_ value: ModelValue) throws(ModelError) {
    for (spelling, token) in try value.member("vocab").members() {
      let id = try token.integer(in: 0...Self.largestToken)
      let bytes = Array(spelling.utf8)
      tokens[bytes] = id
      spellings[id] = bytes
    }
    let vocabulary = tokens
    byteTokens =
      try value.bool("byte_fallback", default: false) ? ByteSpelling.all.map { vocabulary[$0] } : nil
    if let dropout = value["dropout"], try dropout.number() != 0 {
      throw dropout.failure("dropout would make the tokens random, so it is not supported")
    }
    fusesUnknown = try value.bool("fuse_unk", default: false)
    prefersWholeWords = try value.bool("ignore_merges", default: false)
    prefix = Array((try value.string("continuing_subword_prefix") ?? "").utf8)
    suffix = Array((try value.string("end_of_word_suffix") ?? "").utf8)
    if let name = value["unk_token"] {
      unknown = tokens[Array(try name.string().utf8)]
      if unknown == nil { throw name.failure("this token is not in the vocabulary") }
    } else {
      unknown = nil
    }
    merges = [:]
    try readMerges(try value.member("merges").elements())
  }

  private mutating func readMerges(_ values: [ModelValue]) throws(ModelError) {
    merges.reserveCapacity(values.count)
    for (rank, value) in values.enumerated() {
      let left: [UInt8]
      let right: [UInt8]
      if let text = value.node.string {
        // "left right"; pieces may hold any other white space, but no plain space.
        let parts = text.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw value.failure("expected two pieces with one space between them") }
        (left, right) = (Array(parts[0]), Array(parts[1]))
      } else {
        let parts = try value.elements()
        guard parts.count == 2 else { throw value.failure("expected a pair of pieces") }
        (left, right) = (Array(try parts[0].string().utf8), Array(try parts[1].string().utf8))
      }
      guard right.starts(with: prefix) else { throw value.failure("the second piece lacks the prefix of its kind") }
      let merged = left + right.dropFirst(prefix.count)
      guard let first = tokens[left], let second = tokens[right], let token = tokens[merged] else {
        throw value.failure("a piece of this merge, or its result, is not in the vocabulary")
      }
      merges[Self.key(first, second)] = Merge(rank: UInt32(rank), token: UInt32(token))
    }
  }

  private static func key(_ left: Int, _ right: Int) -> UInt64 { UInt64(left) << 32 | UInt64(right) }

  // MARK: Encoding

  /// The tokens of a word, which is valid UTF-8.
  func encode(_ word: [UInt8]) -> [Int] {
    if prefersWholeWords, let token = tokens[word] { return [token] }
    var symbols = initialSymbols(word)
    merge(&symbols)
    return symbols
  }

  /// The tokens of a word's characters.
  private func initialSymbols(_ word: [UInt8]) -> [Int] {
    var symbols: [Int] = []
    symbols.reserveCapacity(word.count)
    // An unknown token is put only before the next known character or at the end, behind the bytes of others: a
    // peculiarity of the reference library that shows where a vocabulary lacks tokens for some bytes.
    var owesUnknown = false
    var start = 0
    while start < word.count {
      var end = start + 1
      while end < word.count, word[end] & 0xC0 == 0x80 { end += 1 }
      var piece = Array(word[start..<end])
      if start > 0, !prefix.isEmpty { piece = prefix + piece }
      if end == word.count, !suffix.isEmpty { piece += suffix }
      if let token = tokens[piece] {
        if owesUnknown, let unknown { symbols.append(unknown) }
        owesUnknown = false
        symbols.append(token)
      } else if let bytes = byteTokens(of: piece) {
        symbols += bytes
      } else if let unknown {
        if owesUnknown, !fusesUnknown { symbols.append(unknown) }
        owesUnknown = true
      }
      start = end
    }
    if owesUnknown, let unknown { symbols.append(unknown) }
    return symbols
  }

  /// The tokens of a character's bytes, if every one of them has a token.
  private func byteTokens(of piece: [UInt8]) -> [Int]? {
    guard let byteTokens else { return nil }
    let found = piece.compactMap { byteTokens[Int($0)] }
    return found.count == piece.count ? found : nil
  }

  private func merge(_ symbols: inout [Int]) {
    // Scanning all pairs for the best one is quickest for words as people write them.
    if symbols.count <= 24 { return mergeByScanning(&symbols) }
    var queue = MergeQueue(symbols)
    for position in 0..<symbols.count - 1 { offer(position, to: &queue) }
    while let candidate = queue.next() {
      // A candidate is stale when its symbols have changed since it was offered.
      guard let right = queue.right(of: candidate.position),
        let merge = merges[Self.key(queue.symbols[candidate.position], queue.symbols[right])],
        merge.rank == candidate.rank
      else { continue }
      queue.join(candidate.position, right, as: Int(merge.token))
      offer(candidate.position, to: &queue)
      if let left = queue.left(of: candidate.position) { offer(left, to: &queue) }
    }
    symbols = queue.remaining
  }

  private func offer(_ position: Int, to queue: inout MergeQueue) {
    guard let right = queue.right(of: position),
      let merge = merges[Self.key(queue.symbols[position], queue.symbols[right])]
    else { return }
    queue.add(rank: merge.rank, position: position)
  }

  private func mergeByScanning(_ symbols: inout [Int]) {
    guard symbols.count > 1 else { return }
    var pairs = (0..<symbols.count - 1).map { merges[Self.key(symbols[$0], symbols[$0 + 1])] }
    while true {
      var best: (position: Int, merge: Merge)?
      for position in pairs.indices {
        if let merge = pairs[position], merge.rank < best?.merge.rank ?? .max { best = (position, merge) }
      }
      guard let (position, merge) = best else { return }
      symbols[position] = Int(merge.token)
      symbols.remove(at: position + 1)
      pairs.remove(at: position)
      if position > 0 { pairs[position - 1] = merges[Self.key(symbols[position - 1], symbols[position])] }
      if position < pairs.count { pairs[position] = merges[Self.key(symbols[position], symbols[position + 1])] }
    }
  }
}
