/// Weight files that are known by their first bytes but cannot be read: naming them beats "unknown".
enum ForeignFormat {
  /// What a file is, in words, if it is a kind of weight file without a reader.
  static func name(of bytes: UnsafeRawBufferPointer) -> String? {
    func begins(with signature: [UInt8]) -> Bool { bytes.count >= signature.count && bytes.starts(with: signature) }
    if begins(with: Array("PK\u{3}\u{4}".utf8)) {
      return "a zip archive without a PyTorch pickle, a NumPy array or Keras weights"
    }
    return nil
  }
}
