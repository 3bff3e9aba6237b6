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
