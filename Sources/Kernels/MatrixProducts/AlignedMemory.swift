#if canImport(Glibc)
  private import Glibc
#endif

/// Memory that begins at a multiple of 64 bytes and lives as long as this value; its contents start undefined.
///
/// Unchecked, because who writes where is the owner's affair: nothing here reads or writes.
public final class AlignedMemory: @unchecked Sendable {
  /// The memory.
  public let bytes: UnsafeMutableRawBufferPointer

  /// Reserves memory.
  public init(byteCount: Int) {
    let isLarge = byteCount >= 2 * Self.largePage
    bytes = .allocate(byteCount: max(byteCount, 64), alignment: isLarge ? Self.largePage : 64)
    #if canImport(Glibc)
      // The first touch of small pages runs at a quarter of the speed of large ones, and weights are touched once.
      // A kernel that does not know the advice goes on without it.
      if isLarge { _ = madvise(bytes.baseAddress, bytes.count, MADV_HUGEPAGE) }
    #endif
  }

  /// The size of the pages that the kernel prefers for large memory.
  private static let largePage = 1 << 21

  deinit { bytes.deallocate() }

  /// The memory as float32 elements.
  public var floats: UnsafeMutablePointer<Float> { address.assumingMemoryBound(to: Float.self) }

  /// The memory as elements of 16 bits.
  public var halves: UnsafeMutablePointer<UInt16> { address.assumingMemoryBound(to: UInt16.self) }

  /// Where the memory begins.
  public var address: UnsafeMutableRawPointer {
    // A buffer of at least 64 bytes has an address; the bit pattern is never zero.
    bytes.baseAddress ?? UnsafeMutableRawPointer(bitPattern: 64).unsafelyUnwrapped
  }
}

/// Memory that grows when more is asked for, and then holds nothing.
public final class ScratchMemory {
  private var memory = AlignedMemory(byteCount: 64)

  /// Makes scratch memory of no size yet.
  public init() {}

  /// At least so many bytes with undefined contents.
  public func bytes(_ count: Int) -> UnsafeMutableRawPointer {
    if count > memory.bytes.count { memory = AlignedMemory(byteCount: count + count / 4) }
    return memory.address
  }

  /// Room for at least so many float32 elements with undefined contents.
  public func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
    bytes(count * 4).assumingMemoryBound(to: Float.self)
  }
}
