internal import CXXHash

/// A digest by which equal contents are recognised: XXH3-128 in canonical byte order.
///
/// It finds damage and change, at the speed of memory; it is no defence against somebody who makes two contents meet
/// on purpose.
package struct ContentDigest: Hashable, Sendable {
  private let bytes: [UInt8]

  /// The digest of some bytes.
  package init(of content: UnsafeRawBufferPointer) {
    self.init(braid_xxh3_128(content.baseAddress, content.count))
  }

  fileprivate init(_ hash: XXH128_hash_t) {
    var canonical = XXH128_canonical_t()
    XXH128_canonicalFromHash(&canonical, hash)
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

/// A digest in the making, of a content that comes piece by piece: the same as that of the whole at once.
package final class ContentDigester {
  private let state: OpaquePointer?

  /// The digest of nothing yet.
  package init() {
    state = XXH3_createState()
    XXH3_128bits_reset(state)
  }

  deinit { XXH3_freeState(state) }

  /// Takes the next piece.
  package func update(_ piece: UnsafeRawBufferPointer) {
    _ = braid_xxh3_128_update(state, piece.baseAddress, piece.count)
  }

  /// The digest of all pieces so far.
  package var digest: ContentDigest { ContentDigest(XXH3_128bits_digest(state)) }
}
