#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// The operating system's file calls, with interrupted calls repeated and failures thrown.
enum SystemCall {
  /// A call's result, repeated while a signal interrupts it.
  static func retrying<Result: SignedInteger>(_ call: () -> Result) -> Result {
    while true {
      let result = call()
      if result != -1 || errno != EINTR { return result }
    }
  }

  /// What the last failed call says about itself, as a sentence.
  static func failure(_ code: Int32 = errno) -> String {
    switch code {
    case ENOSPC, EDQUOT: "there is no space left on the device"
    case EACCES, EPERM: "permission denied"
    case ENOENT: "there is no such file or folder"
    case EROFS: "the file system is read-only"
    case EMFILE, ENFILE: "too many open files (raise the limit with ulimit -n)"
    default: strerror(code).map { String(cString: $0) } ?? "error \(code)"
    }
  }

  /// The error for a failed call on a file.
  static func error(_ what: String, _ path: String, _ code: Int32 = errno) -> CheckpointError {
    CheckpointError(code == ENOENT ? .missing : .unreadable, path: path, "cannot \(what): \(failure(code))")
  }

  /// Opens a file.
  static func open(_ path: String, _ flags: Int32, mode: mode_t = 0o644) throws(CheckpointError) -> Int32 {
    try pathOf(path)
    let descriptor = retrying { openFile(path, flags | O_CLOEXEC, mode) }
    guard descriptor >= 0 else { throw error("open", path) }
    return descriptor
  }

  /// Refuses a path that the C library would cut short.
  static func pathOf(_ path: String) throws(CheckpointError) {
    if path.utf8.contains(0) { throw CheckpointError(.refused, path: path, "a path may not contain a null byte") }
  }

  private static func openFile(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 {
    #if canImport(Glibc)
      Glibc.open(path, flags, mode)
    #elseif canImport(Musl)
      Musl.open(path, flags, mode)
    #else
      Darwin.open(path, flags, mode)
    #endif
  }

  /// Writes all bytes at an offset.
  ///
  /// - Returns: how many bytes were written; fewer than asked for only after a failure, which `errno` then names.
  static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int) -> Int {
    var done = 0
    while done < bytes.count, let base = bytes.baseAddress {
      let written = retrying { pwrite(descriptor, base + done, bytes.count - done, off_t(offset + done)) }
      if written < 0 { return done }
      if written == 0 {
        errno = ENOSPC
        return done
      }
      done += written
    }
    return done
  }

  /// Waits until a file's data, and what is needed to find it, is on the device.
  static func syncData(_ descriptor: Int32) -> Int32 {
    #if canImport(Darwin)
      retrying { fsync(descriptor) }
    #else
      retrying { fdatasync(descriptor) }
    #endif
  }
}
