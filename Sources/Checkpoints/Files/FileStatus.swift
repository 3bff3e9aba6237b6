#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// What stands at a path, with symbolic links followed.
struct FileStatus: Equatable {
  enum Kind { case file, folder, other }
  var kind: Kind
  var byteCount: Int
  /// How much of the device the file takes.
  var allocatedByteCount: Int
  /// When it was last changed, in nanoseconds of Unix time.
  var modified: Int
  /// Which file it is, whatever its name: the device and the number on it.
  var identity: [UInt64]

  /// What stands at a path, or nil if nothing does.
  init?(path: String) {
    var status = stat()
    guard !path.utf8.contains(0), SystemCall.retrying({ stat(path, &status) }) == 0 else { return nil }
    self.init(status)
  }

  /// What an open descriptor refers to.
  init?(descriptor: Int32) {
    var status = stat()
    guard SystemCall.retrying({ fstat(descriptor, &status) }) == 0 else { return nil }
    self.init(status)
  }

  private init(_ status: stat) {
    switch status.st_mode & S_IFMT {
    case S_IFREG: kind = .file
    case S_IFDIR: kind = .folder
    default: kind = .other
    }
    byteCount = Int(status.st_size)
    allocatedByteCount = Int(status.st_blocks) * 512
    #if canImport(Darwin)
      let time = status.st_mtimespec
    #else
      let time = status.st_mtim
    #endif
    modified = time.tv_sec &* 1_000_000_000 &+ time.tv_nsec
    identity = [UInt64(truncatingIfNeeded: status.st_dev), UInt64(truncatingIfNeeded: status.st_ino)]
  }
}
