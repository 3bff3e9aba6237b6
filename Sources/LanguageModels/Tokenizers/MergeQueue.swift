/// The symbols of a long word and the merges that wait in it: a linked list in arrays, and a heap ordered by rank and
/// then by position.
struct MergeQueue {
  private var symbols: [UInt32] = []
  private var nexts: [Int32] = []
  private var previouses: [Int32] = []
  private var heap: [UInt64] = []

  /// No token has this number: the symbol has become a part of another one.
  private static let gone = UInt32.max

  /// How many symbols there is memory for.
  var capacity: Int { symbols.capacity }

  /// Begins with other symbols, in the memory of the last ones.
  mutating func load(_ symbols: UnsafeBufferPointer<UInt32>) {
    self.symbols.removeAll(keepingCapacity: true)
    self.symbols.append(contentsOf: symbols)
    nexts.removeAll(keepingCapacity: true)
    previouses.removeAll(keepingCapacity: true)
    heap.removeAll(keepingCapacity: true)
    for place in symbols.indices {
      nexts.append(place + 1 < symbols.count ? Int32(place + 1) : -1)
      previouses.append(Int32(place - 1))
    }
  }

  /// Joins all that can be joined.
  mutating func run(_ merges: MergeTable) {
    for position in 0..<max(0, symbols.count - 1) { offer(position, merges) }
    while let candidate = next() {
      // A candidate is stale when its symbols have changed since it was offered.
      let right = Int(nexts[candidate.position])
      guard right >= 0 else { continue }
      let merge = merges.merge(symbols[candidate.position], symbols[right])
      guard merge != MergeTable.none, merge >> 32 == UInt64(candidate.rank) else { continue }
      join(candidate.position, right, as: UInt32(truncatingIfNeeded: merge))
      offer(candidate.position, merges)
      let left = Int(previouses[candidate.position])
      if left >= 0 { offer(left, merges) }
    }
  }

  /// Calls `body` with the symbols that are left, in order.
  func forEach(_ body: (UInt32) -> Void) { for symbol in symbols where symbol != Self.gone { body(symbol) } }

  private mutating func offer(_ position: Int, _ merges: MergeTable) {
    let right = Int(nexts[position])
    guard right >= 0 else { return }
    let merge = merges.merge(symbols[position], symbols[right])
    if merge != MergeTable.none { add(merge & 0xFFFF_FFFF_0000_0000 | UInt64(position)) }
  }

  /// Replaces two neighbours by one symbol at the place of the left one.
  private mutating func join(_ left: Int, _ right: Int, as symbol: UInt32) {
    symbols[left] = symbol
    symbols[right] = Self.gone
    nexts[left] = nexts[right]
    if nexts[right] >= 0 { previouses[Int(nexts[right])] = Int32(left) }
    nexts[right] = -1
  }

  // MARK: The heap

  private mutating func add(_ candidate: UInt64) {
    heap.append(candidate)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child] < heap[parent] else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  /// Takes out the waiting merge of the lowest rank, of equal ones the leftmost.
  private mutating func next() -> (rank: UInt32, position: Int)? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    if !heap.isEmpty {
      heap[0] = last
      var parent = 0
      while true {
        var smallest = parent
        for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[smallest] {
          smallest = child
        }
        if smallest == parent { break }
        heap.swapAt(parent, smallest)
        parent = smallest
      }
    }
    return (UInt32(first >> 32), Int(first & 0xFFFF_FFFF))
  }
}
