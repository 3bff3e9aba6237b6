/// Inflates Snappy's raw format.
///
/// Source: google/snappy, `format_description.txt`.
enum Snappy {
  /// The bytes that a block stands for.
  ///
  /// - Parameter size: the most there may be.
  static func inflated(_ bytes: ArraySlice<UInt8>, size: Int) throws(ParquetFault) -> [UInt8] {
    var reader = ByteReader(bytes)
    guard try reader.count() <= size else { throw ParquetFault("a Snappy page is longer than \(size) bytes") }
    var output: [UInt8] = []
    // A page that lies about its size must not make room for it.
    output.reserveCapacity(min(size, 64 * bytes.count))
    while reader.remaining > 0 {
      let tag = Int(try reader.byte())
      let length: Int
      let distance: Int
      switch tag & 3 {
      case 0:
        let count = tag >> 2
        let literal = count < 60 ? count + 1 : Int(try reader.little(count - 59)) + 1
        guard output.count + literal <= size else { throw ParquetFault("a Snappy page is longer than \(size) bytes") }
        output += try reader.take(literal)
        continue
      case 1:
        length = 4 + ((tag >> 2) & 7)
        distance = (tag >> 5) << 8 | Int(try reader.byte())
      case 2:
        length = 1 + (tag >> 2)
        distance = Int(try reader.little(2))
      default:
        length = 1 + (tag >> 2)
        distance = Int(try reader.little(4))
      }
      guard distance > 0, distance <= output.count, output.count + length <= size else {
        throw ParquetFault("a Snappy page copies from before its beginning or beyond its end")
      }
      // The copy may run into what it writes.
      let start = output.count - distance
      for offset in 0..<length { output.append(output[start + offset]) }
    }
    return output
  }
}
