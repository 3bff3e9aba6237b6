#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A file whose bytes are read in place.
///
/// Pages that have been read count as resident memory until they are released. The file must not shrink while it is
/// mapped: the operating system ends a process that reads behind the new end.
///
/// A class, because the mapping has one owner and many readers; unchecked, because the memory is never written.
public final class MappedFile: @unchecked Sendable {
  /// The path that was opened.
  public let path: String
  /// All bytes of the file; they are there for as long as this object is, so something must hold on to it.
  public let bytes: UnsafeRawBufferPointer

  /// The kernel maps neighbours of a touched page along with it, in aligned windows of this size
  /// (`fault_around_bytes`, 64 KiB by default).
  private static let faultWindow = 65_536

  /// Maps a file for reading.
  public init(path: String) throws(CheckpointError) {
    self.path = path
    let descriptor = try SystemCall.open(path, O_RDONLY)
    defer { close(descriptor) }
    guard let status = FileStatus(descriptor: descriptor) else { throw SystemCall.error("read", path) }
    guard status.kind == .file else {
      throw CheckpointError(
        .unreadable, path: path, status.kind == .folder ? "this is a folder, not a file" : "this is not a file")
    }
    guard status.byteCount > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    let address = mmap(nil, status.byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let address, address != UnsafeMutableRawPointer(bitPattern: -1) else { throw SystemCall.error("map", path) }
    bytes = UnsafeRawBufferPointer(start: address, count: status.byteCount)
  }

  deinit {
    if let base = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: base), bytes.count) }
  }

  /// Maps a file for the time of one closure.
  static func withBytes<Result>(
    of path: String, _ body: (UnsafeRawBufferPointer) throws(CheckpointError) -> Result
  ) throws(CheckpointError) -> Result {
    let file = try MappedFile(path: path)
    defer { withExtendedLifetime(file) {} }
    return try body(file.bytes)
  }

  /// Says that a byte range will not be read again soon, so that it stops counting as resident memory.
  ///
  /// What is read again later comes back from the page cache. Pages just in front of the range go too: reading the
  /// range's first byte may have brought them back.
  public func release(_ range: Range<Int>) {
    let range = range.clamped(to: 0..<bytes.count)
    guard !range.isEmpty, let base = bytes.baseAddress else { return }
    let start = range.lowerBound / Self.faultWindow * Self.faultWindow
    advise(base + start, range.upperBound - start, MADV_DONTNEED)
  }

  /// Says that a byte range will be read soon, so that the device can begin.
  public func prefetch(_ range: Range<Int>) {
    let range = range.clamped(to: 0..<bytes.count)
    guard !range.isEmpty, let base = bytes.baseAddress else { return }
    let start = range.lowerBound / Self.faultWindow * Self.faultWindow
    advise(base + start, range.upperBound - start, MADV_WILLNEED)
  }

  /// Gives advice about a range that begins at a page; what the advice is worth is the kernel's affair.
  private func advise(_ start: UnsafeRawPointer, _ count: Int, _ advice: Int32) {
    madvise(UnsafeMutableRawPointer(mutating: start), count, advice)
  }
}
