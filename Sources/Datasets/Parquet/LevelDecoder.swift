/// Reads numbers of few bits, in runs and in packs of eight.
///
/// Source: the Parquet format's `Encodings.md`, "Run Length Encoding / Bit-Packing Hybrid".
enum LevelDecoder {
  /// So many numbers.
  ///
  /// - Parameter width: the bits of each, 0 to 32.
  static func values(
    _ reader: inout ByteReader, count: Int, width: Int
  ) throws(ParquetFault) -> [UInt32] {
    guard (0...32).contains(width) else { throw ParquetFault("numbers of \(width) bits are too wide") }
    if width == 0 { return [UInt32](repeating: 0, count: count) }
    var values: [UInt32] = []
    values.reserveCapacity(count)
    while values.count < count {
      let header = try reader.variable()
      let wanted = count - values.count
      if header & 1 == 0 {
        guard let length = Int(exactly: header >> 1), length > 0 else { throw ParquetFault("a run has no length") }
        let value = UInt32(truncatingIfNeeded: try reader.little((width + 7) / 8))
        values += repeatElement(value, count: min(length, wanted))
      } else {
        guard let groups = Int(exactly: header >> 1), groups > 0, groups <= Int.max / 32 else {
          throw ParquetFault("a pack has no length")
        }
        // Writers may end the last pack where the values end.
        let bytes = try reader.take(min(groups * width, reader.remaining))
        let available = bytes.count * 8 / width
        let taken = min(groups * 8, wanted)
        guard taken <= available else { throw ParquetFault("a pack of numbers ends too early") }
        unpack(bytes, count: taken, width: width, into: &values)
      }
    }
    return values
  }

  private static func unpack(_ bytes: ArraySlice<UInt8>, count: Int, width: Int, into values: inout [UInt32]) {
    var window: UInt64 = 0
    var held = 0
    var position = bytes.startIndex
    let mask: UInt64 = (1 << UInt64(width)) - 1
    for _ in 0..<count {
      while held < width, position < bytes.endIndex {
        window |= UInt64(bytes[position]) << UInt64(held)
        position += 1
        held += 8
      }
      values.append(UInt32(truncatingIfNeeded: window & mask))
      window >>= UInt64(width)
      held -= width
    }
  }
}
