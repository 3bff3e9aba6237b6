internal import Documents

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// How much room a file system has.
enum FreeSpace {
  /// Refuses what cannot fit, before a byte is written: a file system asked to reserve too much first fills up.
  ///
  /// - Parameter folder: a folder on the file system in question.
  static func check(for byteCount: Int, in folder: String) throws(CheckpointError) {
    var status = statvfs()
    // Some network file systems do not know their size; there the write itself will tell.
    guard statvfs(folder, &status) == 0, status.f_blocks > 0 else { return }
    let (free, overflow) = Int(status.f_bavail).multipliedReportingOverflow(by: Int(status.f_frsize))
    guard !overflow, byteCount > free else { return }
    throw CheckpointError(
      .unreadable, path: folder,
      "the checkpoint takes \(ByteCount.text(byteCount)), but only \(ByteCount.text(free)) are free")
  }
}
