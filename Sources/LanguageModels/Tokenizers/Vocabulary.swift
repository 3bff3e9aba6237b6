/// The tokens of a model by their spelling and the other way round.
///
/// Spellings lie one behind the other in one array, and a table of hashes leads to them: vocabularies have up to half a
/// million entries, and an array for each would cost more than reading the file.
struct Vocabulary: Sendable {
  private(set) var bytes: [UInt8] = []
  /// Where each entry begins, and where the last one ends.
  private var starts: [UInt32] = [0]
  /// The token of each entry.
  private(set) var tokens: [UInt32] = []
  /// Upper half: part of the hash. Lower half: the entry's place, counted from one; zero where the slot is free.
  private var slots: [UInt64] = []
  private var mask = 0
  /// The entry of each token as far as tokens are numbered densely, one more; zero where there is none.
  private var entries: [UInt32] = []
  private var distantEntries: [UInt32: UInt32] = [:]
  /// Whether two entries are spelled alike.
  private var hasDoubles = false
  /// The length of the longest spelling.
  private(set) var longest = 0

  /// How many entries there are.
  var count: Int { tokens.count }

  /// Adds an entry; of equal spellings the last one counts, once ``index()`` has been called.
  mutating func append(_ spelling: some Collection<UInt8>, token: Int) {
    bytes += spelling
    finishEntry(token: token)
  }

  /// Makes an entry of the bytes that were added with ``append(byte:)``.
  mutating func finishEntry(token: Int) {
    longest = max(longest, bytes.count - Int(starts[starts.count - 1]))
    starts.append(UInt32(truncatingIfNeeded: bytes.count))
    tokens.append(UInt32(truncatingIfNeeded: token))
  }

  /// Adds a byte to an entry that is being made.
  @inline(__always)
  mutating func append(byte: UInt8) { bytes.append(byte) }

  mutating func reserve(bytes: Int) { self.bytes.reserveCapacity(bytes) }

  /// Makes the entries findable.
  mutating func index() {
    var size = 16
    while size < count * 2 { size *= 2 }
    mask = size - 1
    var slots = [UInt64](repeating: 0, count: size)
    let largestDense = count * 8 + (1 << 16)
    let largest = tokens.lazy.map(Int.init).filter { $0 <= largestDense }.max() ?? 0
    entries = [UInt32](repeating: 0, count: largest + 1)
    bytes.withUnsafeBufferPointer { all in
      for entry in 0..<count {
        let spelling = UnsafeBufferPointer(rebasing: all[place(entry)])
        let hash = ByteHash.of(spelling)
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != 0 {
          if slots[slot] >> 32 == hash >> 32,
            spelling.elementsEqual(all[place(Int(slots[slot] & 0xFFFF_FFFF) - 1)])
          {
            hasDoubles = true
            break
          }
          slot = (slot + 1) & mask
        }
        slots[slot] = hash & ~0xFFFF_FFFF | UInt64(entry + 1)
        let token = tokens[entry]
        if token <= largestDense {
          entries[Int(token)] = UInt32(entry + 1)
        } else {
          distantEntries[token] = UInt32(entry + 1)
        }
      }
    }
    self.slots = slots
  }

  /// Where the spelling of an entry lies in ``bytes``.
  func place(_ entry: Int) -> Range<Int> { Int(starts[entry])..<Int(starts[entry + 1]) }

  /// The spelling of an entry.
  func spelling(ofEntry entry: Int) -> ArraySlice<UInt8> { bytes[place(entry)] }

  /// The token with a spelling, or nil.
  func token(_ spelling: UnsafeBufferPointer<UInt8>) -> Int? {
    guard spelling.count <= longest, !slots.isEmpty else { return nil }
    let hash = ByteHash.of(spelling)
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      if slots[slot] >> 32 == hash >> 32 {
        let entry = Int(slots[slot] & 0xFFFF_FFFF) - 1
        let place = place(entry)
        let isEqual = bytes.withUnsafeBufferPointer { all in
          place.count == spelling.count && ByteHash.areEqual(all, place.lowerBound, spelling)
        }
        if isEqual { return Int(tokens[entry]) }
      }
      slot = (slot + 1) & mask
    }
    return nil
  }

  /// The token with a spelling, or nil; looked for first at an entry and the one behind it, and the entry where it was
  /// found there is kept. What merges make stands in a vocabulary in the order of the merges, mostly.
  func token(_ spelling: UnsafeBufferPointer<UInt8>, near nearby: inout Int) -> Int? {
    for entry in nearby..<min(nearby + 2, count) where !hasDoubles {
      let place = place(entry)
      let isEqual = bytes.withUnsafeBufferPointer { all in
        place.count == spelling.count && ByteHash.areEqual(all, place.lowerBound, spelling)
      }
      if isEqual {
        nearby = entry
        return Int(tokens[entry])
      }
    }
    guard let token = self.token(spelling) else { return nil }
    nearby = max(0, entry(of: token) - 1)
    return token
  }

  /// The token with a spelling, or nil.
  func token(_ spelling: [UInt8]) -> Int? { spelling.withUnsafeBufferPointer(token) }

  /// Whether a token is spelled with these bytes in front.
  func spelling(of token: Int, startsWith prefix: [UInt8]) -> Bool {
    let entry = entry(of: token)
    guard entry > 0 else { return false }
    let place = place(entry - 1)
    return place.count >= prefix.count && prefix.indices.allSatisfy { bytes[place.lowerBound + $0] == prefix[$0] }
  }

  /// The place of a token's entry, counted from one; zero if there is none.
  private func entry(of token: Int) -> Int {
    guard token >= 0, token <= UInt32.max else { return 0 }
    return Int(token < entries.count ? entries[token] : distantEntries[UInt32(token)] ?? 0)
  }

  /// The spelling of a token, or nil.
  func spelling(of token: Int) -> [UInt8]? {
    let entry = entry(of: token)
    return entry == 0 ? nil : Array(spelling(ofEntry: entry - 1))
  }
}
