/// Reads numbers and texts that are written as differences to those before them.
///
/// Source: the Parquet format's `Encodings.md`, "Delta Encoding" and the sections behind it.
enum DeltaDecoder {
  /// The most numbers of a block; writers have 128.
  private static let largestBlock = 1 << 20

  /// Whole numbers in blocks of differences to the number before, each in as few bits as its neighbours need.
  ///
  /// - Parameter count: how many there must be.
  static func integers(_ reader: inout ByteReader, count: Int) throws(ParquetFault) -> [Int64] {
    guard count > 0 else { return [] }
    let blockSize = try reader.count()
    let parts = try reader.count()
    let total = try reader.count()
    let first = try reader.signed()
    guard (1...largestBlock).contains(blockSize), (1...blockSize).contains(parts), blockSize % parts == 0,
      case let partSize = blockSize / parts, partSize % 8 == 0
    else { throw ParquetFault("differences lie in \(parts) parts of blocks of \(blockSize)") }
    guard total == count else { throw ParquetFault("\(total) differences are announced for \(count) values") }
    var values: [Int64] = [first]
    values.reserveCapacity(count)
    while values.count < count {
      let least = try reader.signed()
      for width in try reader.take(parts) where values.count < count {
        guard width <= 64 else { throw ParquetFault("differences of \(width) bits are too wide") }
        let bytes = try reader.take(partSize / 8 * Int(width))
        for index in 0..<min(partSize, count - values.count) {
          let difference = least &+ Int64(bitPattern: bits(bytes, at: index * Int(width), width: Int(width)))
          values.append(values[values.count - 1] &+ difference)
        }
      }
    }
    return values
  }

  /// A number of some bits that begins at a bit, the lowest bits first.
  private static func bits(_ bytes: ArraySlice<UInt8>, at start: Int, width: Int) -> UInt64 {
    var (value, taken) = (UInt64(0), 0)
    while taken < width {
      let place = start + taken
      let count = min(8 - place % 8, width - taken)
      let byte = UInt64(bytes[bytes.startIndex + place / 8]) >> UInt64(place % 8)
      value |= (byte & ((1 << UInt64(count)) - 1)) << UInt64(taken)
      taken += count
    }
    return value
  }

  /// The sizes of texts, none of them negative.
  private static func sizes(_ reader: inout ByteReader, count: Int) throws(ParquetFault) -> [Int] {
    var sizes: [Int] = []
    for number in try integers(&reader, count: count) {
      guard number >= 0, let size = Int(exactly: number) else { throw ParquetFault("a text has a negative size") }
      sizes.append(size)
    }
    return sizes
  }

  /// Texts one after the other, with all their sizes in front.
  static func texts(_ reader: inout ByteReader, count: Int) throws(ParquetFault) -> [ArraySlice<UInt8>] {
    var texts: [ArraySlice<UInt8>] = []
    for size in try sizes(&reader, count: count) { texts.append(try reader.take(size)) }
    return texts
  }

  /// Texts that begin as the one before them, and how far.
  ///
  /// - Parameter room: how many bytes the texts may take; what they take goes off.
  static func continuedTexts(
    _ reader: inout ByteReader, count: Int, room: inout Int
  ) throws(ParquetFault) -> [ArraySlice<UInt8>] {
    let shared = try sizes(&reader, count: count)
    var texts: [ArraySlice<UInt8>] = []
    var last: ArraySlice<UInt8> = []
    for (size, ending) in zip(shared, try self.texts(&reader, count: count)) {
      guard size <= last.count else { throw ParquetFault("a text shares \(size) bytes with one of \(last.count)") }
      // A few bytes can stand for many long texts.
      guard size + ending.count <= room else {
        throw ParquetFault("the texts of a page are more than the file can hold")
      }
      room -= size + ending.count
      last = last.prefix(size) + ending
      texts.append(last)
    }
    return texts
  }
}
