/// How a tokenizer gets from a text to words and their tokens: the quickest way that its parts allow.
enum WordSource: Sendable {
  /// The words of a known pattern, encoded as the bytes they are.
  case scanned(WordScanner, BytePairModel, addsPrefixSpace: Bool, separatesDigits: Bool)
  /// The words of any pre-tokenizer; those of a byte-pair model are cut further where nothing joins over a place.
  case pieces(PreTokenizer?, cuts: [Bool]?)

  init(_ preTokenizer: PreTokenizer?, _ model: TokenModel) {
    guard case .bytePair(let model) = model else {
      self = .pieces(preTokenizer, cuts: nil)
      return
    }
    if model.takesRawBytes, let preTokenizer, let scan = preTokenizer.byteScan {
      self = .scanned(
        scan.scanner, model, addsPrefixSpace: scan.addsPrefixSpace, separatesDigits: scan.separatesDigits)
    } else {
      self = .pieces(preTokenizer, cuts: model.cuts(before: SentencePieceNormalizer.sign))
    }
  }

  /// Whether it matters that a text begins where it began before it was normalised.
  var asksForBeginning: Bool {
    if case .pieces(let preTokenizer?, _) = self { return preTokenizer.asksForBeginning }
    return false
  }

  /// Adds the tokens of a normalised text.
  ///
  /// - Parameter beginsText: whether no added token stands before it.
  func encode(
    _ text: UnsafeBufferPointer<UInt8>, beginsText: Bool, _ model: TokenModel, into scratch: EncodingScratch
  ) throws(TextPatternError) {
    switch self {
    case .scanned(let scanner, let model, let addsPrefixSpace, let separatesDigits):
      if addsPrefixSpace, let first = text.first, first != UInt8(ascii: " ") {
        let prefixed = [UInt8(ascii: " ")] + text
        prefixed.withUnsafeBufferPointer {
          Self.scan($0, scanner, model, separatesDigits: separatesDigits, into: scratch)
        }
      } else {
        Self.scan(text, scanner, model, separatesDigits: separatesDigits, into: scratch)
      }
    case .pieces(let preTokenizer, let cuts):
      guard let preTokenizer else {
        if !text.isEmpty { try Self.encode(piece: text, cuts, model, into: scratch) }
        return
      }
      var pieces = PieceText(Array(text), beginsText: beginsText)
      try preTokenizer.apply(to: &pieces, scratch.classes)
      let outcome: Result<Void, TextPatternError> = pieces.bytes.withUnsafeBufferPointer { bytes in
        do throws(TextPatternError) {
          for piece in pieces.pieces {
            try Self.encode(piece: UnsafeBufferPointer(rebasing: bytes[piece]), cuts, model, into: scratch)
          }
          return .success(())
        } catch {
          return .failure(error)
        }
      }
      try outcome.get()
    }
  }

  private static func scan(
    _ text: UnsafeBufferPointer<UInt8>, _ scanner: WordScanner, _ model: BytePairModel, separatesDigits: Bool,
    into scratch: EncodingScratch
  ) {
    guard separatesDigits else {
      return words(of: text, scanner, model, into: scratch)
    }
    // Every digit is a word, and the text between two of them is looked at by itself.
    var start = 0
    var position = 0
    while position < text.count {
      let (found, length) = scratch.classes.at(position, text)
      if found.contains(.number) {
        words(of: UnsafeBufferPointer(rebasing: text[start..<position]), scanner, model, into: scratch)
        words(of: UnsafeBufferPointer(rebasing: text[position..<position + length]), scanner, model, into: scratch)
        start = position + length
      }
      position += length
    }
    words(of: UnsafeBufferPointer(rebasing: text[start...]), scanner, model, into: scratch)
  }

  @inline(__always)
  private static func words(
    of text: UnsafeBufferPointer<UInt8>, _ scanner: WordScanner, _ model: BytePairModel, into scratch: EncodingScratch
  ) {
    let (classes, cache) = (scratch.classes, scratch.cache)
    var position = 0
    while position < text.count {
      let end = scanner.end(of: position, in: text, classes)
      let word = UnsafeBufferPointer(rebasing: text[position..<end])
      if !cache.copy(word, to: scratch) {
        let start = scratch.count
        model.encodeBytes(word, into: scratch)
        cache.remember(word, scratch, from: start)
      }
      position = end
    }
  }

  private static func encode(
    piece: UnsafeBufferPointer<UInt8>, _ cuts: [Bool]?, _ model: TokenModel, into scratch: EncodingScratch
  ) throws(TextPatternError) {
    guard let cuts, piece.count > WordCache.longestWord else { return try encode(word: piece, model, into: scratch) }
    if case .bytePair(let model) = model, model.looksUpWholeWords, let token = model.vocabulary.token(piece) {
      return scratch.append(UInt32(token))
    }
    var start = 0
    var position = 1
    while position + 2 < piece.count {
      // The sign for a space, in UTF-8.
      guard piece[position] == 0xE2, piece[position + 1] == 0x96, piece[position + 2] == 0x81 else {
        position += 1
        continue
      }
      if cuts[Int(piece[position - 1])] {
        try encode(word: UnsafeBufferPointer(rebasing: piece[start..<position]), model, into: scratch)
        start = position
      }
      position += 3
    }
    try encode(word: UnsafeBufferPointer(rebasing: piece[start...]), model, into: scratch)
  }

  @inline(__always)
  private static func encode(
    word: UnsafeBufferPointer<UInt8>, _ model: TokenModel, into scratch: EncodingScratch
  ) throws(TextPatternError) {
    guard !word.isEmpty, !scratch.cache.copy(word, to: scratch) else { return }
    let start = scratch.count
    try model.encode(word, into: scratch)
    scratch.cache.remember(word, scratch, from: start)
  }
}

extension PreTokenizer {
  /// Whether something is put in front of the first piece only.
  fileprivate var asksForBeginning: Bool {
    switch self {
    case .metaspace(let metaspace): metaspace.prepending == .first
    case .sequence(let steps): steps.contains(where: \.asksForBeginning)
    default: false
    }
  }

  /// How a scanner can do what this pre-tokenizer does, or nil if none can.
  var byteScan: (scanner: WordScanner, addsPrefixSpace: Bool, separatesDigits: Bool)? {
    switch self {
    case .byteLevel(let addsPrefixSpace, .some): return (.gpt2, addsPrefixSpace, false)
    case .sequence(let steps):
      guard steps.count == 2 else { return nil }
      switch (steps[0], steps[1]) {
      case (.split(let pattern, .isolated, inverted: false), .byteLevel(addsPrefixSpace: false, splitter: nil)):
        return WordScanner(pattern: pattern.source).map { ($0, false, false) }
      case (.digits(individual: true), .byteLevel(addsPrefixSpace: false, .some)): return (.gpt2, false, true)
      default: return nil
      }
    default: return nil
    }
  }
}
