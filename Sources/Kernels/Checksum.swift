internal import CKernels

extension VectorKernels {
  /// Continues a CRC-32 over the whole groups of 64 bytes that a run of bytes begins with.
  ///
  /// - Returns: the checksum so far, and how many bytes are in it: none where the CPU has no carry-less product.
  public static func crc32(
    _ checksum: UInt32, continuedOver bytes: UnsafeRawBufferPointer
  ) -> (checksum: UInt32, count: Int) {
    var checksum = checksum
    let count = braid_crc32_fold(&checksum, bytes.baseAddress, bytes.count)
    return (checksum, count)
  }
}
