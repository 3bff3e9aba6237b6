internal import CXXHash

/// XXH3-128 of some bytes: what they are recognised by, with no protection against malice.
public enum ContentDigest {
  private static let size = 16

  /// The digest as 32 hexadecimal digits.
  public static func text(of bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef")
    return bytes.withUnsafeBytes { bytes in
      String(self.bytes(of: bytes).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
  }

  /// The digest in canonical byte order.
  static func bytes(of bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var canonical = XXH128_canonical_t()
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.baseAddress, bytes.count))
    return withUnsafeBytes(of: canonical) { Array($0.prefix(size)) }
  }
}
