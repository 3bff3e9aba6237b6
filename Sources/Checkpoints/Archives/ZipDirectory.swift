internal import Documents

/// The entries of a zip archive, each seen to lie inside the file and apart from the others.
///
/// The central directory is read and every local header is compared with it; no data is. Entries are stored or
/// deflated; anything else is refused, and so are encryption, archives in several parts, and two entries of one name.
struct ZipDirectory {
  /// The files in the archive, in the order of the directory; folders are left out.
  let entries: [ZipEntry]
  private let positions: [String: Int]

  /// Whether bytes begin as a zip archive with entries does.
  static func isBegun(_ bytes: UnsafeRawBufferPointer) -> Bool {
    UntrustedBytes(bytes: bytes, file: "", format: "").uint32(at: 0) == ZipRecords.localHeader
  }

  /// The name of the entry that the file begins with, if it begins with one.
  static func firstName(of bytes: UnsafeRawBufferPointer) -> String? {
    let file = UntrustedBytes(bytes: bytes, file: "", format: "")
    guard file.uint32(at: 0) == ZipRecords.localHeader, let length = file.uint16(at: 26),
      let name = file.slice(at: ZipRecords.localHeaderSize, count: length)
    else { return nil }
    return String(decoding: name, as: UTF8.self)
  }

  /// The entry of this name, or nil.
  subscript(name: String) -> ZipEntry? { positions[name].map { entries[$0] } }

  /// Reads the directory of an archive.
  init(of file: UntrustedBytes) throws(FormatError) {
    let end = try ZipEnd(of: file)
    var reader = ZipEntryReader(file: file, directory: end.directory)
    var entries: [ZipEntry] = []
    // Each takes its fixed size at least, which `ZipEnd` has compared with the directory.
    entries.reserveCapacity(end.entryCount)
    for _ in 0..<end.entryCount {
      let entry = try reader.next()
      if !(entry.name.hasSuffix("/") && entry.size == 0) { entries.append(entry) }
    }
    guard reader.position == end.directory.upperBound else {
      throw file.fault(
        at: reader.position, "\(end.directory.upperBound - reader.position) bytes of directory after the last entry",
        expected: "\(end.entryCount) entries to fill it")
    }
    try Self.checkDisjoint(entries, in: file)
    var positions: [String: Int] = [:]
    for (position, entry) in entries.enumerated()
    where positions.updateValue(position, forKey: entry.name) != nil {
      throw file.fault(at: entry.header, "the entry \(PrintableText.quoted(entry.name)) twice")
    }
    self.entries = entries
    self.positions = positions
  }

  private static func checkDisjoint(_ entries: [ZipEntry], in file: UntrustedBytes) throws(FormatError) {
    let sorted = entries.sorted { $0.header < $1.header }
    for (entry, next) in zip(sorted, sorted.dropFirst()) where next.header < entry.data.upperBound {
      throw file.fault(
        at: next.header,
        "the entry \(PrintableText.quoted(next.name)) inside \(PrintableText.quoted(entry.name))",
        expected: "entries that do not overlap")
    }
  }
}

/// One file in a zip archive.
struct ZipEntry {
  /// The name, with its folders.
  var name: String
  /// Where its local header begins.
  var header: Int
  /// Where its data lies in the archive.
  var data: Range<Int>
  /// How long it is when it is no longer compressed, as the directory says.
  var size: Int
  /// Whether the data is deflated rather than as it is.
  var isDeflated: Bool
  /// The CRC-32 of the uncompressed bytes, as the directory says.
  var checksum: UInt32

  /// The checksum of the bytes in the archive, if it is one of them and was made: `torch.save` writes zero when it is
  /// told to leave checksums out (`torch.serialization.set_crc32_options`).
  var checked: EntryChecksum? {
    isDeflated || checksum == 0 ? nil : EntryChecksum(name: name, bytes: data, checksum: checksum)
  }

  /// The content, still compressed if it is.
  var content: StoredBytes {
    isDeflated
      ? .deflated(DeflatedBytes(data: data, count: size, checksum: checksum), 0..<size) : .file(data)
  }
}
