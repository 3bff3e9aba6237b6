/// The memory that one running call of a tokenizer works in; kept between calls, with the words it remembers.
///
/// Unchecked: a call takes it out of the tokenizer's store and is alone with it until it puts it back.
final class EncodingScratch: @unchecked Sendable {
  let classes = ScalarClasses()
  let cache = WordCache()
  /// The tokens of the text so far.
  private(set) var tokens: UnsafeMutablePointer<UInt32>
  private(set) var count = 0
  private var capacity = 1 << 12
  /// Room for the symbols of a word and for the merges between them.
  private(set) var symbols: UnsafeMutablePointer<UInt32>
  private(set) var pairs: UnsafeMutablePointer<UInt64>
  private var symbolCapacity = 1 << 8
  /// The merges that wait in a long word.
  var queue = MergeQueue()
  /// The best ways through a word for the models that look for them.
  var ways: [UnigramModel.Way] = []

  init() {
    tokens = .allocate(capacity: capacity)
    symbols = .allocate(capacity: symbolCapacity)
    pairs = .allocate(capacity: symbolCapacity)
  }

  deinit {
    tokens.deallocate()
    symbols.deallocate()
    pairs.deallocate()
  }

  /// Forgets the tokens of the last text.
  func begin() { count = 0 }

  /// Adds a token.
  @inline(__always)
  func append(_ token: UInt32) {
    if count == capacity { grow() }
    tokens[count] = token
    count += 1
  }

  /// Makes room for tokens that are written straight behind the others.
  @inline(__always)
  func reserve(_ more: Int) { while count + more > capacity { grow() } }

  /// Counts tokens that were written behind the others.
  @inline(__always)
  func advance(by more: Int) { count += more }

  /// Takes tokens back.
  func remove(from place: Int) { count = place }

  private func grow() {
    let larger = UnsafeMutablePointer<UInt32>.allocate(capacity: capacity * 2)
    larger.update(from: tokens, count: count)
    tokens.deallocate()
    tokens = larger
    capacity *= 2
  }

  /// Makes room for the symbols of a word.
  @inline(__always)
  func reserveSymbols(_ count: Int) {
    if count > symbolCapacity { growSymbols(count) }
  }

  private func growSymbols(_ count: Int) {
    symbols.deallocate()
    pairs.deallocate()
    while symbolCapacity < count { symbolCapacity *= 2 }
    symbols = .allocate(capacity: symbolCapacity)
    pairs = .allocate(capacity: symbolCapacity)
  }

  /// The tokens as an array.
  var result: [Int] {
    [Int](unsafeUninitializedCapacity: count) { buffer, initialized in
      for place in 0..<count { buffer[place] = Int(tokens[place]) }
      initialized = count
    }
  }

  /// How much memory a call may leave behind for the next one, in elements of each kind.
  private static let kept = 1 << 18

  /// Gives back what an unusually long text needed.
  func trim() {
    if capacity > Self.kept {
      tokens.deallocate()
      capacity = 1 << 12
      tokens = .allocate(capacity: capacity)
      count = 0
    }
    if symbolCapacity > Self.kept {
      symbolCapacity = 1 << 8
      symbols.deallocate()
      pairs.deallocate()
      symbols = .allocate(capacity: symbolCapacity)
      pairs = .allocate(capacity: symbolCapacity)
    }
    if ways.count > Self.kept { ways = [] }
    if queue.capacity > Self.kept { queue = MergeQueue() }
  }
}

/// Words that were encoded before, with their tokens: a table in which a new word takes the place of an old one.
///
/// A slot is a cache line: 32 bytes of the word, its length, and up to six tokens. Longer words are rare and not
/// remembered.
final class WordCache {
  static let longestWord = 32
  private static let mostTokens = 6
  private static let slotCount = 1 << 16

  private typealias Key = (UInt64, UInt64, UInt64, UInt64)

  private struct Slot {
    var word: Key = (0, 0, 0, 0)
    var length: UInt32 = 0
    var count: UInt32 = 0
    var tokens: (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0, 0, 0)
  }

  private let slots: UnsafeMutablePointer<Slot>

  init() {
    slots = .allocate(capacity: Self.slotCount)
    slots.initialize(repeating: Slot(), count: Self.slotCount)
  }

  deinit { slots.deallocate() }

  @inline(__always)
  private func slot(_ word: UnsafeBufferPointer<UInt8>, _ key: Key) -> UnsafeMutablePointer<Slot> {
    let first = ByteHash.mixed(key.0 ^ UInt64(word.count) << 56) ^ key.1
    let second = ByteHash.mixed(first ^ ByteHash.mixed(key.2 ^ 0x9E37_79B9_7F4A_7C15) ^ key.3)
    return slots + Int(truncatingIfNeeded: second) & (Self.slotCount - 1)
  }

  /// Adds the tokens of a word if they are remembered.
  @inline(__always)
  func copy(_ word: UnsafeBufferPointer<UInt8>, to scratch: EncodingScratch) -> Bool {
    guard word.count <= Self.longestWord else { return false }
    let key = Self.key(word)
    let slot = slot(word, key)
    guard slot.pointee.word == key, slot.pointee.length == UInt32(word.count) else { return false }
    scratch.reserve(8)
    let target = scratch.tokens + scratch.count
    let tokens = slot.pointee.tokens
    (target[0], target[1], target[2], target[3], target[4], target[5]) = tokens
    scratch.advance(by: Int(slot.pointee.count))
    return true
  }

  /// Remembers the tokens that were added for a word.
  func remember(_ word: UnsafeBufferPointer<UInt8>, _ scratch: EncodingScratch, from start: Int) {
    let count = scratch.count - start
    guard word.count <= Self.longestWord, !word.isEmpty, count <= Self.mostTokens else { return }
    let key = Self.key(word)
    let slot = slot(word, key)
    let tokens = scratch.tokens + start
    func token(_ place: Int) -> UInt32 { place < count ? tokens[place] : 0 }
    slot.pointee = Slot(
      word: key, length: UInt32(word.count), count: UInt32(count),
      tokens: (token(0), token(1), token(2), token(3), token(4), token(5)))
  }

  /// A word as four numbers, filled up with zeros.
  @inline(__always)
  private static func key(_ word: UnsafeBufferPointer<UInt8>) -> Key {
    guard let base = word.baseAddress else { return (0, 0, 0, 0) }
    let raw = UnsafeRawPointer(base)
    let count = word.count
    @inline(__always) func whole(_ offset: Int) -> UInt64 { raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self) }
    /// The last bytes from an offset on, fewer than eight.
    @inline(__always) func part(_ offset: Int) -> UInt64 {
      let rest = count - offset
      if rest <= 0 { return 0 }
      if rest >= 4 {
        let low = UInt64(raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        let high = UInt64(raw.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
        return low | high << UInt64((rest - 4) * 8)
      }
      let first = UInt64(base[offset])
      let middle = UInt64(base[offset + rest / 2])
      let last = UInt64(base[count - 1])
      return first | middle << UInt64(rest / 2 * 8) | last << UInt64((rest - 1) * 8)
    }
    if count < 8 { return (part(0), 0, 0, 0) }
    if count < 16 { return (whole(0), part(8), 0, 0) }
    if count < 24 { return (whole(0), whole(8), part(16), 0) }
    return (whole(0), whole(8), whole(16), count == 32 ? whole(24) : part(24))
  }
}
