/// The 64-bit FNV-1a hash: a fixed hash of bytes, where Swift's own changes from run to run.
///
/// For telling texts apart that nobody forges; source: Fowler, Noll & Vo, RFC 9923.
package struct FNV1a: Sendable {
  /// The hash so far.
  package private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  /// The hash of no bytes.
  package init() {}

  /// Takes in bytes.
  package mutating func combine(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
  }

  /// Takes in a text and a byte that no text contains, so that fields cannot run into each other.
  package mutating func combine(field: String) {
    combine(field.utf8)
    combine(CollectionOfOne(0xFF))
  }

  /// Sixteen hexadecimal digits.
  package var text: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
