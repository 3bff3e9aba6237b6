/// A tree of byte strings that finds all of them that begin at a place of a text.
///
/// Nodes stand level by level, so that the children of one are neighbours.
struct PieceTrie: Sendable {
  /// The most bytes of pieces that stand in a tree; each takes eleven bytes there. The largest published vocabulary has ten
  /// million.
  static let maximumText = 1 << 24

  private var labels: [UInt8] = [0]
  private var firsts: [UInt32] = [0]
  private var counts: [UInt16] = [0]
  private var values: [Int32] = [-1]
  /// The children of the root by their byte; zero where there is none.
  private var roots = [UInt32](repeating: 0, count: 256)

  /// Makes a tree; of equal strings the last one counts, and empty ones are never found.
  ///
  /// - Parameters:
  ///   - bytes: what the strings lie in.
  ///   - places: where each of them lies; each is found as its number in this list.
  init(_ bytes: [UInt8], _ places: [Range<Int>]) {
    let size = places.reduce(1) { $0 + $1.count }
    labels.reserveCapacity(size)
    firsts.reserveCapacity(size)
    counts.reserveCapacity(size)
    values.reserveCapacity(size)
    var sorter = Sorter(bytes: bytes, places: places)
    // The strings below each node whose children are still to be made.
    var waiting: [(node: Int, pieces: Range<Int>)] = [(0, places.indices)]
    var depth = 0
    while !waiting.isEmpty {
      var next: [(node: Int, pieces: Range<Int>)] = []
      next.reserveCapacity(waiting.count)
      for (node, range) in waiting {
        var position = sorter.sort(range, byByteAt: depth)
        // Strings that end here come first, and the last of them counts.
        if position > range.lowerBound, depth > 0 { values[node] = sorter.order[position - 1] }
        firsts[node] = UInt32(labels.count)
        while position < range.upperBound {
          let start = position
          let label = sorter.byte(position, depth)
          while position < range.upperBound, sorter.byte(position, depth) == label { position += 1 }
          if node == 0 { roots[Int(label)] = UInt32(labels.count) }
          next.append((labels.count, start..<position))
          counts[node] += 1
          labels.append(label)
          firsts.append(0)
          counts.append(0)
          values.append(-1)
        }
      }
      waiting = next
      depth += 1
    }
  }

  /// Sorts the strings below a node by one of their bytes; strings that are equal stay in their order.
  private struct Sorter {
    let bytes: [UInt8]
    let places: [Range<Int>]
    var order: [Int32]
    private var copy: [Int32]

    init(bytes: [UInt8], places: [Range<Int>]) {
      self.bytes = bytes
      self.places = places
      order = places.indices.map(Int32.init)
      copy = order
    }

    @inline(__always)
    func byte(_ position: Int, _ depth: Int) -> UInt8 { bytes[places[Int(order[position])].lowerBound + depth] }

    /// A key for sorting: strings that end before this byte come first.
    @inline(__always)
    private func key(_ piece: Int32, _ depth: Int) -> Int {
      let place = places[Int(piece)]
      return depth < place.count ? Int(bytes[place.lowerBound + depth]) + 1 : 0
    }

    /// Sorts, and returns where the strings begin that have this byte.
    mutating func sort(_ range: Range<Int>, byByteAt depth: Int) -> Int {
      if range.count < 32 {
        for next in range.dropFirst() {
          let piece = order[next]
          let wanted = key(piece, depth)
          var place = next
          while place > range.lowerBound, key(order[place - 1], depth) > wanted {
            order[place] = order[place - 1]
            place -= 1
          }
          order[place] = piece
        }
      } else {
        var starts = [Int](repeating: 0, count: 258)
        for position in range { starts[key(order[position], depth) + 1] += 1 }
        for key in 1..<258 { starts[key] += starts[key - 1] }
        for position in range {
          let piece = order[position]
          let key = key(piece, depth)
          copy[range.lowerBound + starts[key]] = piece
          starts[key] += 1
        }
        for position in range { order[position] = copy[position] }
      }
      return range.first { key(order[$0], depth) > 0 } ?? range.upperBound
    }
  }

  /// Whether there is nothing to find.
  var isEmpty: Bool { labels.count == 1 }

  /// Whether a piece begins with this byte.
  @inline(__always)
  func begins(with byte: UInt8) -> Bool { roots[Int(byte)] != 0 }

  /// Calls `body` with the place in the list and the length of every piece that begins at an offset, shortest first.
  @inline(__always)
  func forEach(in text: UnsafeBufferPointer<UInt8>, at start: Int, _ body: (_ piece: Int, _ length: Int) -> Void) {
    guard start < text.count else { return }
    var node = Int(roots[Int(text[start])])
    var position = start + 1
    while node != 0 {
      if values[node] >= 0 { body(Int(values[node]), position - start) }
      guard position < text.count else { return }
      node = child(of: node, text[position])
      position += 1
    }
  }

  /// The longest piece that begins at an offset, by its place in the list, and its length.
  func longest(in text: UnsafeBufferPointer<UInt8>, at start: Int) -> (piece: Int, length: Int)? {
    var best: (piece: Int, length: Int)?
    forEach(in: text, at: start) { best = ($0, $1) }
    return best
  }

  @inline(__always)
  private func child(of node: Int, _ byte: UInt8) -> Int {
    var low = Int(firsts[node])
    var high = low + Int(counts[node])
    while high - low > 8 {
      let middle = (low + high) / 2
      if labels[middle] <= byte { low = middle } else { high = middle }
    }
    while low < high {
      if labels[low] == byte { return low }
      low += 1
    }
    return 0
  }
}
