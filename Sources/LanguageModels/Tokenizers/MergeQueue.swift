/// The symbols of a long word and the merges that wait in it: a linked list in arrays, and a heap ordered by rank and
/// then by position.
struct MergeQueue {
  private(set) var symbols: [Int]
  private var nexts: [Int32]
  private var previouses: [Int32]
  private var heap: [UInt64] = []

  init(_ symbols: [Int]) {
    self.symbols = symbols
    nexts = symbols.indices.map { $0 + 1 < symbols.count ? Int32($0 + 1) : -1 }
    previouses = symbols.indices.map { Int32($0 - 1) }
    heap.reserveCapacity(symbols.count)
  }

  func right(of position: Int) -> Int? {
    let next = nexts[position]
    return next < 0 ? nil : Int(next)
  }

  func left(of position: Int) -> Int? {
    let previous = previouses[position]
    return previous < 0 ? nil : Int(previous)
  }

  /// Replaces two neighbours by one symbol at the place of the left one.
  mutating func join(_ left: Int, _ right: Int, as symbol: Int) {
    symbols[left] = symbol
    // No token has this number, so what still waits for the right one is stale.
    symbols[right] = -1
    nexts[left] = nexts[right]
    if nexts[right] >= 0 { previouses[Int(nexts[right])] = Int32(left) }
    nexts[right] = -1
  }

  /// The symbols that are left, in order.
  var remaining: [Int] { symbols.filter { $0 >= 0 } }

  // MARK: The heap

  mutating func add(rank: UInt32, position: Int) {
    heap.append(UInt64(rank) << 32 | UInt64(position))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child] < heap[parent] else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  /// Takes out the waiting merge of the lowest rank, of equal ones the leftmost.
  mutating func next() -> (rank: UInt32, position: Int)? {
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
