/// A hash of bytes, different in every process so that no file can be made to collide.
enum ByteHash {
  private static let seed = UInt64.random(in: 0 ... .max)

  @inline(__always)
  static func of(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    var hash = seed &+ UInt64(bytes.count) &* 0x9E37_79B9_7F4A_7C15
    guard let base = bytes.baseAddress else { return mixed(hash) }
    let raw = UnsafeRawPointer(base)
    var offset = 0
    while offset + 8 <= bytes.count {
      hash = mixed(hash ^ raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      offset += 8
    }
    var rest: UInt64 = 0
    while offset < bytes.count {
      rest = rest << 8 | UInt64(base[offset])
      offset += 1
    }
    return mixed(hash ^ rest)
  }

  @inline(__always)
  static func mixed(_ value: UInt64) -> UInt64 {
    let product = value.multipliedFullWidth(by: 0x9FB2_1C65_1E98_DF25)
    return product.high ^ product.low
  }

  @inline(__always)
  static func areEqual(
    _ all: UnsafeBufferPointer<UInt8>, _ start: Int, _ other: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    for offset in 0..<other.count where all[start + offset] != other[offset] { return false }
    return true
  }
}
