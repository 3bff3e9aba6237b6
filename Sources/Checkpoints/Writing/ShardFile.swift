internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A shard that is being written, at any offset, by any thread.
///
/// Where the file system allows it, whole pages go to the device without passing through the page cache
/// (`O_DIRECT`): measured on a virtual machine, 2.5 GB/s instead of 0.4. That needs memory addresses that agree with
/// the file offset modulo the page size; the ends of a range that do not fill a page, and ranges whose address does
/// not agree, go through a second, ordinary descriptor. No page is ever written both ways at once, because only
/// whole pages are written directly.
///
/// A class, because the descriptors have one owner and many users.
final class ShardFile: Sendable {
  let path: String
  private let buffered: Int32
  /// A descriptor past the page cache, or -1.
  private let direct: Int32
  /// Whether direct writes have not failed yet; some file systems refuse them only then.
  private let directWorks: Atomic<Bool>

  /// Memory and file must agree modulo this for a direct write.
  static let alignment = max(SafetensorsLayout.alignment, Int(sysconf(Int32(_SC_PAGESIZE))))

  /// Opens or makes the file, reserves its space, and writes what is known beforehand.
  init(
    path: String, byteCount: Int, pieces: [CheckpointLayout.Piece], allowsDirect: Bool
  ) throws(CheckpointError) {
    self.path = path
    buffered = try SystemCall.open(path, O_RDWR | O_CREAT)
    let flag = Self.directFlag
    direct =
      allowsDirect && flag != 0 ? (try? SystemCall.open(path, O_WRONLY | flag)) ?? -1 : -1
    directWorks = Atomic(direct >= 0)
    try reserve(byteCount)
    for piece in pieces { try write(piece) }
  }

  deinit {
    close(buffered)
    if direct >= 0 { close(direct) }
  }

  /// `O_DIRECT`, which the C library's Swift overlay hides; zero where it does not exist.
  private static var directFlag: Int32 {
    #if os(Linux) && arch(x86_64)
      0x4000
    #elseif os(Linux) && arch(arm64)
      0x10000
    #else
      0
    #endif
  }

  /// Makes the file as long as it will be, with space on the device where the file system can reserve it.
  private func reserve(_ byteCount: Int) throws(CheckpointError) {
    #if !canImport(Darwin)
      if byteCount > 0 {
        var code = posix_fallocate(buffered, 0, off_t(byteCount))
        while code == EINTR { code = posix_fallocate(buffered, 0, off_t(byteCount)) }
        if code == ENOSPC || code == EDQUOT || code == EFBIG { throw SystemCall.error("reserve", path, code) }
      }
    #endif
    guard SystemCall.retrying({ ftruncate(buffered, off_t(byteCount)) }) == 0 else {
      throw SystemCall.error("make room for", path)
    }
  }

  /// Writes bytes around the elements.
  func write(_ piece: CheckpointLayout.Piece) throws(CheckpointError) {
    try piece.bytes.withBytes { bytes throws(CheckpointError) in try writeBuffered(bytes, at: piece.offset) }
  }

  /// Writes bytes at an offset and returns when the file has them.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(CheckpointError) {
    let middle = directPart(of: bytes, at: offset)
    guard !middle.isEmpty, let base = bytes.baseAddress else { return try writeBuffered(bytes, at: offset) }
    try writeBuffered(UnsafeRawBufferPointer(rebasing: bytes[..<middle.lowerBound]), at: offset)
    let part = UnsafeRawBufferPointer(start: base + middle.lowerBound, count: middle.count)
    let done = SystemCall.write(part, to: direct, at: offset + middle.lowerBound)
    if done < part.count {
      guard errno == EINVAL || errno == EOPNOTSUPP else { throw SystemCall.error("write", path) }
      directWorks.store(false, ordering: .relaxed)
    }
    let rest = middle.lowerBound + done
    try writeBuffered(UnsafeRawBufferPointer(rebasing: bytes[rest...]), at: offset + rest)
  }

  /// The part of a range that consists of whole pages, if memory and file agree on where pages begin.
  private func directPart(of bytes: UnsafeRawBufferPointer, at offset: Int) -> Range<Int> {
    let alignment = Self.alignment
    guard directWorks.load(ordering: .relaxed), let base = bytes.baseAddress,
      UInt(bitPattern: base) % UInt(alignment) == UInt(offset % alignment)
    else { return 0..<0 }
    let start = (offset + alignment - 1) / alignment * alignment - offset
    let end = (offset + bytes.count) / alignment * alignment - offset
    return start < end ? start..<end : 0..<0
  }

  private func writeBuffered(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(CheckpointError) {
    guard SystemCall.write(bytes, to: buffered, at: offset) == bytes.count else {
      throw SystemCall.error("write", path)
    }
  }

  /// Waits until everything that was written so far is on the device.
  func sync() throws(CheckpointError) {
    guard SystemCall.syncData(buffered) == 0 else { throw SystemCall.error("sync", path) }
  }
}
