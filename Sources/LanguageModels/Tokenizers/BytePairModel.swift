/// Byte-pair encoding of words: neighbouring symbols are merged, always the pair that was learnt first, of equal ones
/// the leftmost, until no pair is known.
final class BytePairModel: Sendable {
  /// The largest token number accepted, far above any real vocabulary.
  static let largestToken = (1 << 26) - 1

  let vocabulary: Vocabulary
  let merges: MergeTable
  private let unknown: UInt32?
  private let fusesUnknown: Bool
  /// The token of each byte, for characters that are no token; nil where the vocabulary has none for a byte.
  private let byteTokens: [UInt32?]?
  private let prefersWholeWords: Bool
  private let prefix: [UInt8]
  private let suffix: [UInt8]
  /// The token of each byte in the alphabet of byte-level tokenizers, if the vocabulary has all of them.
  private let alphabet: [UInt32]?
  /// The token of each of the first 128 characters, or none.
  private let ascii: [UInt32?]

  /// The options that a model in `tokenizer.json` has beside vocabulary and merges.
  struct Options: Sendable {
    var unknown: UInt32?
    var fusesUnknown = false
    var fallsBackToBytes = false
    var prefersWholeWords = false
    var prefix: [UInt8] = []
    var suffix: [UInt8] = []
  }

  init(_ vocabulary: Vocabulary, _ merges: MergeTable, _ options: Options) {
    self.vocabulary = vocabulary
    self.merges = merges
    unknown = options.unknown
    fusesUnknown = options.fusesUnknown
    byteTokens =
      options.fallsBackToBytes ? ByteSpelling.all.map { vocabulary.token($0).map(UInt32.init) } : nil
    prefersWholeWords = options.prefersWholeWords
    prefix = options.prefix
    suffix = options.suffix
    let letters = ByteAlphabet.scalars.compactMap { vocabulary.token(Array(String($0).utf8)).map(UInt32.init) }
    alphabet = letters.count == 256 && prefix.isEmpty && suffix.isEmpty ? letters : nil
    ascii = (0..<128).map { vocabulary.token([UInt8($0)]).map(UInt32.init) }
  }

  /// Whether words can be given as their own bytes rather than in the alphabet of byte-level tokenizers.
  var takesRawBytes: Bool { alphabet != nil }

  // MARK: Encoding

  /// Adds the tokens of a word, which is valid UTF-8.
  func encode(_ word: UnsafeBufferPointer<UInt8>, into scratch: EncodingScratch) {
    if prefersWholeWords, let token = vocabulary.token(word) { return scratch.append(UInt32(token)) }
    let count = initialSymbols(word, scratch)
    merge(count, scratch)
  }

  /// Adds the tokens of a word given as its own bytes; only if ``takesRawBytes``.
  func encodeBytes(_ word: UnsafeBufferPointer<UInt8>, into scratch: EncodingScratch) {
    guard let alphabet else { return }
    if prefersWholeWords, word.count <= vocabulary.longest {
      var letters: [UInt8] = []
      letters.reserveCapacity(word.count * 2)
      ByteAlphabet.append(word, to: &letters)
      if let token = vocabulary.token(letters) { return scratch.append(UInt32(token)) }
    }
    scratch.reserveSymbols(word.count)
    let symbols = scratch.symbols
    alphabet.withUnsafeBufferPointer { alphabet in
      for place in 0..<word.count { symbols[place] = alphabet[Int(word[place])] }
    }
    merge(word.count, scratch)
  }

  /// Writes the symbols of a word's characters, and returns how many there are.
  private func initialSymbols(_ word: UnsafeBufferPointer<UInt8>, _ scratch: EncodingScratch) -> Int {
    let isPlain = prefix.isEmpty && suffix.isEmpty
    // A character has a token, or as many as bytes, its prefix and suffix among them, and an unknown one before it.
    let marks = isPlain || byteTokens == nil ? 0 : prefix.count * word.count + suffix.count
    scratch.reserveSymbols(word.count * 2 + marks + 2)
    let symbols = scratch.symbols
    var count = 0
    func append(_ token: UInt32) {
      symbols[count] = token
      count += 1
    }
    // An unknown token is put only before the next known character or at the end, behind the bytes of others: a
    // peculiarity of the reference library that shows where a vocabulary lacks tokens for some bytes.
    var owesUnknown = false
    var start = 0
    while start < word.count {
      let end = min(word.count, start + ScalarReader.length(word[start]))
      let token: UInt32?
      if isPlain {
        token =
          word[start] < 0x80
          ? ascii[Int(word[start])]
          : vocabulary.token(UnsafeBufferPointer(rebasing: word[start..<end])).map(UInt32.init)
      } else {
        var piece = Array(word[start..<end])
        if start > 0 { piece = prefix + piece }
        if end == word.count { piece += suffix }
        token = vocabulary.token(piece).map(UInt32.init)
      }
      if let token {
        if owesUnknown, let unknown { append(unknown) }
        owesUnknown = false
        append(token)
      } else if isPlain, let byteTokens {
        // A character's bytes, if every one of them has a token.
        let before = count
        for byte in word[start..<end] { if let token = byteTokens[Int(byte)] { append(token) } }
        if count - before < end - start {
          count = before
          if let unknown {
            if owesUnknown, !fusesUnknown { append(unknown) }
            owesUnknown = true
          }
        }
      } else if let bytes = byteTokens(of: word[start..<end], isLast: end == word.count, isFirst: start == 0) {
        bytes.forEach(append)
      } else if let unknown {
        if owesUnknown, !fusesUnknown { append(unknown) }
        owesUnknown = true
      }
      start = end
    }
    if owesUnknown, let unknown { append(unknown) }
    return count
  }

  /// The tokens of a character's bytes, if every one of them has a token.
  private func byteTokens(of piece: Slice<UnsafeBufferPointer<UInt8>>, isLast: Bool, isFirst: Bool) -> [UInt32]? {
    guard let byteTokens else { return nil }
    let bytes = (isFirst ? [] : prefix) + piece + (isLast ? suffix : [])
    let found = bytes.compactMap { byteTokens[Int($0)] }
    return found.count == bytes.count ? found : nil
  }

  /// Merges the symbols and adds what they become.
  private func merge(_ count: Int, _ scratch: EncodingScratch) {
    // Scanning all pairs for the best one is quickest for words as people write them.
    if count <= 32 { return mergeByScanning(count, scratch) }
    var queue = MergeQueue()
    swap(&queue, &scratch.queue)
    queue.load(UnsafeBufferPointer(start: scratch.symbols, count: count))
    queue.run(merges)
    queue.forEach(scratch.append)
    swap(&queue, &scratch.queue)
  }

  private func mergeByScanning(_ symbolCount: Int, _ scratch: EncodingScratch) {
    let symbols = scratch.symbols
    let pairs = scratch.pairs
    let merges = merges
    var count = symbolCount
    if count > 1 { for place in 0..<count - 1 { pairs[place] = merges.merge(symbols[place], symbols[place + 1]) } }
    while count > 1 {
      // Merges of equal rank may make different symbols, so that only ranks are compared.
      var best = MergeTable.none >> 32
      var place = -1
      for candidate in 0..<count - 1 where pairs[candidate] >> 32 < best {
        best = pairs[candidate] >> 32
        place = candidate
      }
      guard place >= 0 else { break }
      symbols[place] = UInt32(truncatingIfNeeded: pairs[place])
      count -= 1
      for next in place + 1..<max(place + 1, count) { symbols[next] = symbols[next + 1] }
      for next in place..<max(place, count - 1) { pairs[next] = pairs[next + 1] }
      if place > 0 { pairs[place - 1] = merges.merge(symbols[place - 1], symbols[place]) }
      if place + 1 < count { pairs[place] = merges.merge(symbols[place], symbols[place + 1]) }
    }
    scratch.reserve(count)
    (scratch.tokens + scratch.count).update(from: symbols, count: count)
    scratch.advance(by: count)
  }

  // MARK: Cutting

  /// Where a text can be cut before a sign, and each part be encoded by itself, because no merge joins over the place:
  /// for each byte, whether it can when the byte stands before the sign. Nil if it never can.
  func cuts(before sign: [UInt8]) -> [Bool]? {
    guard prefix.isEmpty, suffix.isEmpty, vocabulary.token(sign) != nil, let last = sign.last else { return nil }
    var isCut = [Bool](repeating: true, count: 256)
    // Merges of signs only stay within a run of them, and runs are not cut.
    isCut[Int(last)] = false
    var isSeparate = true
    merges.forEach { left, right in
      guard vocabulary.spelling(of: Int(right), startsWith: sign) else { return }
      guard let first = vocabulary.spelling(of: Int(left)), let end = first.last else {
        isSeparate = false
        return
      }
      if !first.suffix(sign.count).elementsEqual(sign) { isCut[Int(end)] = false }
    }
    return isSeparate ? isCut : nil
  }

  /// Whether a word that is in the vocabulary is one token however it is merged.
  var looksUpWholeWords: Bool { prefersWholeWords }
}
