/// The merges of a byte-pair vocabulary by the two symbols that they join.
///
/// Unchecked: it is filled before it is shared.
final class MergeTable: @unchecked Sendable {
  /// A merge that is not there; no real one has this rank.
  static let none = UInt64.max

  /// The pair of symbols, and rank and result of its merge.
  private struct Slot {
    var pair = UInt64.max
    var merge = MergeTable.none
  }

  private let slots: UnsafeMutablePointer<Slot>
  private let slotCount: Int
  private let shift: UInt64
  /// Different in every process, so that no file can be made to collide.
  private let seed = UInt64.random(in: 0 ... .max)

  init(capacity: Int) {
    var bits: UInt64 = 4
    while 1 << bits < capacity * 2 { bits += 1 }
    slotCount = 1 << bits
    shift = 64 - bits
    slots = .allocate(capacity: slotCount)
    slots.initialize(repeating: Slot(), count: slotCount)
  }

  deinit { slots.deallocate() }

  @inline(__always)
  private func slot(_ pair: UInt64) -> UnsafeMutablePointer<Slot> {
    var place = Int(truncatingIfNeeded: ByteHash.mixed(pair ^ seed) >> shift)
    while slots[place].pair != pair, slots[place].pair != UInt64.max { place = (place + 1) & (slotCount - 1) }
    return slots + place
  }

  /// Adds a merge; of two for the same pair the last one counts.
  func insert(_ left: UInt32, _ right: UInt32, rank: UInt32, result: UInt32) {
    let pair = UInt64(left) << 32 | UInt64(right)
    let place = slot(pair)
    place.pointee.pair = pair
    place.pointee.merge = UInt64(rank) << 32 | UInt64(result)
  }

  /// The merge of two symbols: its rank in the upper half, what it makes in the lower one; or ``none``.
  @inline(__always)
  func merge(_ left: UInt32, _ right: UInt32) -> UInt64 { slot(UInt64(left) << 32 | UInt64(right)).pointee.merge }

  /// Every merge.
  func forEach(_ body: (_ left: UInt32, _ right: UInt32) -> Void) {
    for place in 0..<slotCount where slots[place].pair != UInt64.max {
      body(UInt32(slots[place].pair >> 32), UInt32(truncatingIfNeeded: slots[place].pair))
    }
  }
}
