internal import CXXHash

/// A digest by which equal contents are recognised: XXH3-128 in canonical byte order.
///
/// It finds damage and change, at the speed of memory; it is no defence against somebody who makes two contents meet
/// on purpose.
package struct ContentDigest: Hashable, Sendable {
  private let bytes: [UInt8]

  /// The digest of some bytes.
  package init(of content: UnsafeRawBufferPointer) {
    var canonical = XXH128_canonical_t()
    XXH128_canonicalFromHash(&canonical, braid_xxh3_128(content.baseAddress, content.count))
    bytes = withUnsafeBytes(of: canonical) { Array($0) }
  }

  /// The digest of a text in UTF-8.
  package init(of text: String) {
    self = Array(text.utf8).withUnsafeBytes { ContentDigest(of: $0) }
  }

  /// The digest of a content that was cut into pieces: that of the pieces' digests, one behind the other.
  package init(joining pieces: some Sequence<ContentDigest>) {
    self = pieces.flatMap(\.bytes).withUnsafeBytes { ContentDigest(of: $0) }
  }

  /// Reads the digits that ``text`` gives, or nil for anything else.
  package init?(text: String) {
    let digits = Array(text.utf8)
    guard digits.count == 32 else { return nil }
    var bytes: [UInt8] = []
    for start in stride(from: 0, to: digits.count, by: 2) {
      guard let byte = UInt8(String(decoding: digits[start..<start + 2], as: UTF8.self), radix: 16) else { return nil }
      bytes.append(byte)
    }
    self.bytes = bytes
    guard self.text == text else { return nil }
  }

  /// The digest as 32 hexadecimal digits.
  package var text: String {
    let digits = Array("0123456789abcdef")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }
}
