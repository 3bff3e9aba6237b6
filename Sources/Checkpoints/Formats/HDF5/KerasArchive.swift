internal import Documents

/// Keras 3's `.keras` files: zip archives with a model's description and an HDF5 file of its weights.
enum KerasArchive {
  /// What the entry with the weights is called.
  private static let weights = "model.weights.h5"
  /// Descriptions up to this length become metadata; those of large models come to a few hundred kilobytes.
  private static let longestDescription = 4 << 20

  /// Whether this is an archive with such an entry.
  static func recognizes(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard ZipDirectory.isBegun(bytes) else { return false }
    let directory = try? ZipDirectory(of: UntrustedBytes(bytes: bytes, file: "", format: ""))
    return directory?[weights] != nil
  }

  /// The entry that is the HDF5 file, which must be stored as it is.
  static func weights(in file: UntrustedBytes) throws(FormatError) -> ZipEntry {
    let directory = try ZipDirectory(of: file)
    guard let entry = directory[weights] else {
      throw file.fault("an archive without \(weights)", expected: "what Keras writes")
    }
    guard !entry.isDeflated else {
      throw file.fault(
        at: entry.header, "a compressed \(weights)",
        expected: "one that is only stored, as Keras writes it; unzip the archive and read \(weights) itself")
    }
    return entry
  }

  /// Reads the HDF5 file where it lies in the archive; the other entries become metadata.
  static func readIndex(of file: UntrustedBytes) throws(FormatError) -> FileIndex {
    let entry = try weights(in: file)
    let directory = try ZipDirectory(of: file)
    var index = try HDF5.readIndex(of: file.bytes, part: entry.data, file: file.file)
    for other in directory.entries where other.name != weights {
      let isText = other.name.hasSuffix(".json") && other.size <= longestDescription
      let value =
        isText
        ? String(decoding: try other.prefix(longestDescription, of: file), as: UTF8.self)
        : "\(other.size) bytes that are not weights"
      index.metadata.append(Metadatum(key: other.name, value: value))
    }
    index.checksums = directory.entries.compactMap(\.checked)
    return index
  }
}
