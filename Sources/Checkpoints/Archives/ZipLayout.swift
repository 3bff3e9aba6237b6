/// Lays out a zip archive of stored entries whose sizes are known before their contents are.
///
/// Times are those of the first day that zip knows, so that equal contents make equal archives. What each entry holds
/// begins at a multiple of 64 bytes, as PyTorch wants it: padding stands in an extra field, where readers skip it.
struct ZipLayout: LayoutClosing {
  /// A file in the archive: bytes that are known, and behind them the elements of a tensor.
  struct Entry {
    var name: String
    var bytes: [UInt8]
    var tensor: Int?
    var tensorByteCount = 0

    /// The size of the content.
    var byteCount: Int { bytes.count + tensorByteCount }
  }

  /// Where an entry lies.
  private struct Place {
    var header: Int
    var content: Range<Int>
    var nameBytes: [UInt8]
    /// The checksum of the bytes in front of the tensor.
    var beginning: Checksum
    var tensor: Int?
  }

  private let places: [Place]
  private let directoryOffset: Int

  /// The size of the whole archive.
  let byteCount: Int
  /// Everything that is known beforehand: headers, with zeros for checksums, and the entries' own bytes.
  let pieces: [CheckpointLayout.Piece]
  /// Where the elements of each tensor begin.
  let tensorOffsets: [Int: Int]

  private static let alignment = 64
  /// From this on sizes and offsets stand in the fields of the 64-bit extension.
  private static let limit = 0xFFFF_FFFF

  /// Lays out entries in their order.
  init(_ entries: [Entry]) {
    var places: [Place] = []
    var pieces: [CheckpointLayout.Piece] = []
    var tensorOffsets: [Int: Int] = [:]
    var end = 0
    for entry in entries {
      let name = Array(entry.name.utf8)
      var place = Place(
        header: end, content: 0..<entry.byteCount, nameBytes: name,
        beginning: entry.bytes.withUnsafeBytes { Checksum(of: $0) }, tensor: entry.tensor)
      let plain = end + Self.localHeader(place, padding: 0).count
      // An extra field has four bytes of its own in front of its content.
      let padding = (Self.alignment - (plain + 4) % Self.alignment) % Self.alignment
      let header = Self.localHeader(place, padding: padding + 4)
      let start = end + header.count
      place.content = start..<start + entry.byteCount
      pieces.append(CheckpointLayout.Piece(offset: end, bytes: header + entry.bytes))
      if let tensor = entry.tensor { tensorOffsets[tensor] = start + entry.bytes.count }
      places.append(place)
      end = place.content.upperBound
    }
    self.places = places
    self.pieces = pieces
    self.tensorOffsets = tensorOffsets
    directoryOffset = end
    byteCount = end + Self.directory(places, checksums: places.map { _ in 0 }, offset: end).count
  }

  /// The checksums and the directory, which can be made only once the elements are there.
  func pieces(ofShard shard: Int, checksum: (Int) -> Checksum) -> [CheckpointLayout.Piece] {
    let checksums = places.map { place -> UInt32 in
      var whole = place.beginning
      if let tensor = place.tensor { whole.add(checksum(tensor)) }
      return whole.value
    }
    return zip(places, checksums).map { place, checksum in
      CheckpointLayout.Piece(offset: place.header + 14, bytes: Self.bytes(checksum))
    } + [
      CheckpointLayout.Piece(
        offset: directoryOffset, bytes: Self.directory(places, checksums: checksums, offset: directoryOffset))
    ]
  }

  // MARK: Records, as PKWARE's APPNOTE describes them

  /// The header in front of an entry.
  ///
  /// - Parameter padding: the size of an extra field that only fills up, its own four bytes included; or zero.
  private static func localHeader(_ place: Place, padding: Int) -> [UInt8] {
    let isLarge = place.content.count >= limit
    let size = UInt32(isLarge ? limit : place.content.count)
    var extra: [UInt8] = []
    if isLarge { extra = bytes(UInt16(1)) + bytes(UInt16(16)) + twice(bytes(UInt64(place.content.count))) }
    if padding > 0 {
      // The identifier that PyTorch pads with.
      extra += Array("FB".utf8) + bytes(UInt16(padding - 4)) + [UInt8](repeating: 0x5A, count: padding - 4)
    }
    return Array("PK\u{3}\u{4}".utf8) + common(isLarge: isLarge, checksum: 0) + bytes(size) + bytes(size)
      + bytes(UInt16(place.nameBytes.count)) + bytes(UInt16(extra.count)) + place.nameBytes + extra
  }

  private static func directory(_ places: [Place], checksums: [UInt32], offset: Int) -> [UInt8] {
    var directory: [UInt8] = []
    for (place, checksum) in zip(places, checksums) {
      let isLarge = place.content.count >= limit || place.header >= limit
      let size = UInt32(isLarge ? limit : place.content.count)
      var extra: [UInt8] = []
      if isLarge {
        extra = bytes(UInt16(1)) + bytes(UInt16(24)) + twice(bytes(UInt64(place.content.count)))
        extra += bytes(UInt64(place.header))
      }
      directory += Array("PK\u{1}\u{2}".utf8) + bytes(UInt16(isLarge ? 45 : 20))
      directory += common(isLarge: isLarge, checksum: checksum) + bytes(size) + bytes(size)
      directory += bytes(UInt16(place.nameBytes.count)) + bytes(UInt16(extra.count)) + [UInt8](repeating: 0, count: 10)
      directory += bytes(UInt32(isLarge ? limit : place.header)) + place.nameBytes + extra
    }
    return directory + end(entries: places.count, size: directory.count, offset: offset)
  }

  /// The records at the very end; the 64-bit ones always, so that their size is known before anything else is.
  private static func end(entries: Int, size: Int, offset: Int) -> [UInt8] {
    var record = Array("PK\u{6}\u{6}".utf8) + bytes(UInt64(44)) + twice(bytes(UInt16(45))) + twice(bytes(UInt32(0)))
    record += twice(bytes(UInt64(entries))) + bytes(UInt64(size)) + bytes(UInt64(offset))
    record += Array("PK\u{6}\u{7}".utf8) + bytes(UInt32(0)) + bytes(UInt64(offset + size)) + bytes(UInt32(1))
    record += Array("PK\u{5}\u{6}".utf8) + [0, 0, 0, 0] + twice(bytes(UInt16(min(entries, 0xFFFF))))
    return record + bytes(UInt32(min(size, limit))) + bytes(UInt32(min(offset, limit))) + [0, 0]
  }

  /// What local header and directory share: version, flags (names are UTF-8), method (stored), date, checksum.
  private static func common(isLarge: Bool, checksum: UInt32) -> [UInt8] {
    bytes(UInt16(isLarge ? 45 : 20)) + bytes(UInt16(0x0800)) + bytes(UInt16(0)) + bytes(UInt16(0)) + bytes(UInt16(0x21))
      + bytes(checksum)
  }

  private static func twice(_ bytes: [UInt8]) -> [UInt8] { bytes + bytes }

  private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian, Array.init)
  }
}
