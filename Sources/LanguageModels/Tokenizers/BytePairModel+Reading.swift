internal import Documents

extension BytePairModel {
  /// Reads the model of a `tokenizer.json`.
  convenience init(_ value: ModelValue, _ document: TokenizerDocument) throws(ModelError) {
    let vocabulary = try Vocabulary(reading: document.vocabularyEntries, of: value)
    var options = Options()
    options.fallsBackToBytes = try value.bool("byte_fallback", default: false)
    if let dropout = value["dropout"], try dropout.number() != 0 {
      throw dropout.failure("dropout would make the tokens random, so it is not supported")
    }
    options.fusesUnknown = try value.bool("fuse_unk", default: false)
    options.prefersWholeWords = try value.bool("ignore_merges", default: false)
    options.prefix = try Self.mark("continuing_subword_prefix", value)
    options.suffix = try Self.mark("end_of_word_suffix", value)
    if let name = value["unk_token"] {
      guard let token = vocabulary.token(Array(try name.string().utf8)) else {
        throw name.failure("this token is not in the vocabulary")
      }
      options.unknown = UInt32(token)
    }
    let list = try value.member("merges")
    guard let entries = document.mergeEntries, !entries.isObject else {
      throw list.failure("expected an array, found \(list.node.kind)")
    }
    let merges = try Self.merges(entries, vocabulary, prefix: options.prefix)
    self.init(vocabulary, merges, options)
  }

  /// The longest mark of pieces within or at the end of a word; `</w>` is the longest in use.
  private static let longestMark = 16

  private static func mark(_ key: String, _ value: ModelValue) throws(ModelError) -> [UInt8] {
    guard let text = value[key] else { return [] }
    let mark = Array(try text.string().utf8)
    guard mark.count <= longestMark else { throw text.failure("expected at most \(longestMark) bytes") }
    return mark
  }

  private static func merges(
    _ entries: EntryReader, _ vocabulary: Vocabulary, prefix: [UInt8]
  ) throws(ModelError) -> MergeTable {
    var entries = entries
    // An entry has about a dozen bytes, and six at the least; the first count need not be exact.
    var pairs: [(left: UInt32, right: UInt32, result: UInt32)] = []
    pairs.reserveCapacity(min(entries.byteCount / 12, 1 << 20))
    var text: [UInt8] = []
    var nearby = 0
    let space = UInt8(ascii: " ")
    while try entries.next() {
      text.removeAll(keepingCapacity: true)
      let middle: Int
      if entries.peek == UInt8(ascii: "[") {
        try entries.mark("[", "expected a pair of pieces")
        if entries.peek == UInt8(ascii: "]") { throw entries.failure("expected a pair of pieces") }
        try entries.string { text.append(contentsOf: $0) }
        middle = text.count
        try entries.mark(",", "expected a pair of pieces")
        try entries.string { text.append(contentsOf: $0) }
        try entries.mark("]", "expected a pair of pieces")
      } else {
        // "left right"; pieces may hold any other white space, but no plain space.
        try entries.string { text.append(contentsOf: $0) }
        guard let place = text.firstIndex(of: space), !text[(place + 1)...].contains(space) else {
          throw entries.failure("expected two pieces with one space between them")
        }
        middle = place
        text.remove(at: place)
      }
      guard text[middle...].starts(with: prefix) else {
        throw entries.failure("the second piece lacks the prefix of its kind")
      }
      let merge = text.withUnsafeBufferPointer { text -> (UInt32, UInt32, UInt32)? in
        guard let left = vocabulary.token(UnsafeBufferPointer(rebasing: text[..<middle])),
          let right = vocabulary.token(UnsafeBufferPointer(rebasing: text[middle...]))
        else { return nil }
        let result =
          prefix.isEmpty
          ? vocabulary.token(text, near: &nearby)
          : vocabulary.token(Array(text[..<middle]) + text[(middle + prefix.count)...])
        return result.map { (UInt32(left), UInt32(right), UInt32($0)) }
      }
      guard let merge else {
        throw entries.failure("a piece of this merge, or its result, is not in the vocabulary")
      }
      pairs.append(merge)
    }
    let table = MergeTable(capacity: pairs.count)
    for (rank, pair) in pairs.enumerated() {
      table.insert(pair.left, pair.right, rank: UInt32(rank), result: pair.result)
    }
    return table
  }
}
