/// The order of names in which numbers count as numbers: `h.2` before `h.10`.
enum NaturalOrder {
  /// Whether one name comes before another.
  static func precedes(_ a: String, _ b: String) -> Bool {
    let (first, second) = (Array(a.utf8), Array(b.utf8))
    var i = 0
    var j = 0
    while i < first.count, j < second.count {
      if isDigit(first[i]), isDigit(second[j]) {
        let (x, y) = (run(first, from: i), run(second, from: j))
        let (m, n) = (x.drop { $0 == 48 }, y.drop { $0 == 48 })
        if m.count != n.count { return m.count < n.count }
        if !m.elementsEqual(n) { return m.lexicographicallyPrecedes(n) }
        i = x.endIndex
        j = y.endIndex
      } else {
        if first[i] != second[j] { return first[i] < second[j] }
        i += 1
        j += 1
      }
    }
    let (restOfFirst, restOfSecond) = (first.count - i, second.count - j)
    return restOfFirst == restOfSecond ? first.lexicographicallyPrecedes(second) : restOfFirst < restOfSecond
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

  private static func run(_ bytes: [UInt8], from start: Int) -> ArraySlice<UInt8> {
    bytes[start...].prefix { isDigit($0) }
  }
}
