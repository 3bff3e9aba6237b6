/// Weight files that are known by their first bytes but cannot be read: naming them beats "unknown".
enum ForeignFormat {
  /// What a file is, in words, if it is a kind of weight file without a reader.
  static func name(of bytes: UnsafeRawBufferPointer) throws(CheckpointError) -> String? {
    func begins(with signature: [UInt8]) -> Bool { bytes.count >= signature.count && bytes.starts(with: signature) }
    if begins(with: [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]) {
      return "an HDF5 file (library \(try HDF5Library.version()) is at hand)"
    }
    if begins(with: Array("GGUF".utf8)) { return "a GGUF file" }
    if begins(with: Array("PK\u{3}\u{4}".utf8)) { return "a zip archive without a PyTorch pickle or a NumPy array" }
    return nil
  }
}
