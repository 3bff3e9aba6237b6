/// The records of a zip archive, as PKWARE's APPNOTE.TXT 6.3 describes them: signatures, fixed sizes, flags.
enum ZipRecords {
  // MARK: Signatures

  /// Begins the header in front of an entry's data (4.3.7).
  static let localHeader = 0x0403_4b50
  /// Begins an entry of the central directory (4.3.12).
  static let directoryEntry = 0x0201_4b50
  /// Begins the end record (4.3.16).
  static let end = 0x0605_4b50
  /// Begins the end record of large archives (4.3.14).
  static let end64 = 0x0606_4b50
  /// Begins the pointer to the end record of large archives (4.3.15).
  static let end64Locator = 0x0706_4b50

  // MARK: Sizes without names, extra fields and comments

  /// The size of a local header.
  static let localHeaderSize = 30
  /// The size of an entry of the central directory.
  static let directoryEntrySize = 46
  /// The size of the end record.
  static let endSize = 22
  /// The size of the end record of large archives.
  static let end64Size = 56
  /// The size of the pointer to it.
  static let end64LocatorSize = 20
  /// The comment after the end record has a length of two bytes.
  static let maximumCommentLength = 0xFFFF

  // MARK: Values

  /// The extra field with numbers that do not fit their four bytes (4.5.3).
  static let largeNumbers = 0x0001
  /// Stands in a field of two bytes whose number is elsewhere.
  static let elsewhere16 = 0xFFFF
  /// Stands in a field of four bytes whose number is elsewhere.
  static let elsewhere32 = 0xFFFF_FFFF
  /// The data is as it is (4.4.5).
  static let stored = 0
  /// The data is deflated (4.4.5).
  static let deflated = 8
  /// Flags of encrypted entries: the data, strongly, the headers (4.4.4, bits 0, 6 and 13).
  static let encryptedFlags = 1 | 1 << 6 | 1 << 13
  /// The flag of an entry whose sizes follow its data (4.4.4, bit 3).
  static let sizesFollow = 1 << 3

  // MARK: Limits

  /// How many entries an archive may have. PyTorch writes one per storage and NumPy one per array; published
  /// checkpoints have tens of thousands.
  static let maximumEntries = 1_000_000
  /// Deflate's best: 258 bytes of output for two bits of input (zlib's technical notes, "Maximum Compression
  /// Factor").
  static let maximumDeflateRatio = 1032

  /// The name of a compression method (4.4.5).
  static func methodName(_ method: Int) -> String {
    switch method {
    case 9: "Deflate64"
    case 12: "bzip2"
    case 14: "LZMA"
    case 93: "Zstandard"
    case 95: "XZ"
    default: "method \(method)"
    }
  }
}
