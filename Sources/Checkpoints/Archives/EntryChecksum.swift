internal import Documents

/// What an archive says about the bytes of one of its stored entries.
///
/// Small entries are compared with it when they are read; those with elements by ``CheckpointVerification``, which
/// reads everything anyway.
public struct EntryChecksum: Hashable, Sendable {
  /// The name of the entry.
  public let name: String
  /// Where it lies in the file.
  public let bytes: Range<Int>
  /// The CRC-32 that the archive states.
  let checksum: UInt32

  /// What is found instead of the bytes that were stored, and what is expected; nil if they are there.
  func difference(from found: Checksum) -> (found: String, expected: String)? {
    if found.value == checksum { return nil }
    return (
      "the entry \(PrintableText.quoted(name)) with the checksum \(String(found.value, radix: 16))",
      "\(String(checksum, radix: 16)), as the archive's directory says"
    )
  }

  /// Compares the bytes of an opened file, in pieces that do not stay resident.
  func difference(in file: MappedFile) -> (found: String, expected: String)? {
    var found = Checksum()
    for start in stride(from: bytes.lowerBound, to: bytes.upperBound, by: Self.atOnce) {
      let piece = start..<min(start + Self.atOnce, bytes.upperBound)
      found.add(UnsafeRawBufferPointer(rebasing: file.bytes[piece]))
      file.release(piece)
    }
    return difference(from: found)
  }

  private static let atOnce = 4 << 20
}
