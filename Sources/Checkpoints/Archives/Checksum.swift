internal import CZlib
internal import Kernels

/// The CRC-32 of a run of bytes, as zip archives state it.
struct Checksum: Hashable, Sendable {
  /// The checksum.
  private(set) var value: UInt32 = 0
  /// How many bytes it is of.
  private(set) var count = 0

  /// The checksum of no bytes.
  init() {}

  /// The checksum of some bytes.
  init(of bytes: UnsafeRawBufferPointer) { add(bytes) }

  /// Goes on over the bytes that follow.
  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    let folded = VectorKernels.crc32(value, continuedOver: bytes)
    let rest = UnsafeRawBufferPointer(rebasing: bytes[folded.count...])
    value = UInt32(
      truncatingIfNeeded: crc32_z(uLong(folded.checksum), rest.bindMemory(to: UInt8.self).baseAddress, rest.count))
    count += bytes.count
  }

  /// Goes on over bytes whose own checksum is known.
  mutating func add(_ next: Checksum) {
    value = UInt32(truncatingIfNeeded: crc32_combine(uLong(value), uLong(next.value), next.count))
    count += next.count
  }
}
