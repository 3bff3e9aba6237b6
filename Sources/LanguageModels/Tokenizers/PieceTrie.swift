/// A tree of byte strings that finds all of them that begin at a place of a text.
///
/// Nodes stand level by level, so that the children of one are neighbours.
struct PieceTrie: Sendable {
  private var labels: [UInt8] = [0]
  private var firsts: [UInt32] = [0]
  private var counts: [UInt16] = [0]
  private var values: [Int32] = [-1]
  /// The children of the root by their byte; zero where there is none.
  private var roots = [UInt32](repeating: 0, count: 256)

  /// Makes a tree; of equal strings the last one counts, and empty ones are never found.
  ///
  /// - Parameter pieces: the strings; each is found as its place in this list.
  init(_ pieces: [ArraySlice<UInt8>]) {
    // Sorted by the first eight bytes as a number, most comparisons are of numbers.
    let keys = pieces.map { piece in
      piece.prefix(8).reduce(into: (UInt64(0), UInt64(56))) { key, byte in
        key.0 |= UInt64(byte) << key.1
        key.1 &-= 8
      }.0
    }
    let order = pieces.indices.sorted { a, b in
      if keys[a] != keys[b] { return keys[a] < keys[b] }
      if pieces[a].count <= 8 || pieces[b].count <= 8, pieces[a].count != pieces[b].count {
        return pieces[a].count < pieces[b].count
      }
      if pieces[a].count <= 8 { return a < b }
      for (first, second) in zip(pieces[a].dropFirst(8), pieces[b].dropFirst(8)) where first != second {
        return first < second
      }
      return pieces[a].count == pieces[b].count ? a < b : pieces[a].count < pieces[b].count
    }
    // The pieces below each node whose children are still to be made.
    var waiting: [(node: Int, pieces: Range<Int>)] = [(0, order.startIndex..<order.endIndex)]
    var depth = 0
    while !waiting.isEmpty {
      var next: [(node: Int, pieces: Range<Int>)] = []
      for (node, range) in waiting {
        var position = range.lowerBound
        while position < range.upperBound, pieces[order[position]].count == depth {
          if depth > 0 { values[node] = Int32(order[position]) }
          position += 1
        }
        firsts[node] = UInt32(labels.count)
        while position < range.upperBound {
          let start = position
          let label = Self.byte(pieces[order[position]], depth)
          while position < range.upperBound, Self.byte(pieces[order[position]], depth) == label { position += 1 }
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

  @inline(__always)
  private static func byte(_ piece: ArraySlice<UInt8>, _ depth: Int) -> UInt8 { piece[piece.startIndex + depth] }

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
