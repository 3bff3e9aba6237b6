#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif
#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// Whole small files and listings of folders.
public enum FileContents {
  /// The bytes of a file.
  ///
  /// - Parameter limit: the most bytes that such a file may have; larger ones are refused before they are read.
  public static func read(_ path: String, limit: Int = 1 << 30) throws(CheckpointError) -> [UInt8] {
    try MappedFile.withBytes(of: path) { bytes throws(CheckpointError) in
      guard bytes.count <= limit else {
        throw CheckpointError(.refused, path: path, "the file has \(bytes.count) bytes; at most \(limit) were expected")
      }
      return Array(bytes)
    }
  }

  /// The names in a folder, sorted; nil if there is no such folder or it cannot be read.
  static func names(in folder: String) -> [String]? {
    (try? FileManager.default.contentsOfDirectory(atPath: folder))?.sorted()
  }

  /// Makes a folder and those above it.
  static func makeFolder(_ path: String) throws(CheckpointError) {
    if FileStatus(path: path)?.kind == .folder { return }
    let parent = Path.folder(of: path)
    if parent != path, parent != "." { try makeFolder(parent) }
    guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw SystemCall.error("make the folder", path) }
  }

  /// Removes a file or a folder with everything in it, if it is there; links are removed, not followed.
  static func remove(_ path: String) throws(CheckpointError) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    if status.st_mode & S_IFMT == S_IFDIR {
      for name in names(in: path) ?? [] { try remove(Path.join(path, name)) }
      guard rmdir(path) == 0 || errno == ENOENT else { throw SystemCall.error("remove", path) }
    } else {
      guard unlink(path) == 0 || errno == ENOENT else { throw SystemCall.error("remove", path) }
    }
  }

  /// Writes a file anew and waits until it is on the device.
  static func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws(CheckpointError) {
    let descriptor = try SystemCall.open(path, O_WRONLY | O_CREAT | O_TRUNC)
    defer { close(descriptor) }
    guard SystemCall.write(bytes, to: descriptor, at: 0) == bytes.count, SystemCall.syncData(descriptor) == 0 else {
      throw SystemCall.error("write", path)
    }
  }

  /// Writes a file anew and waits until it is on the device.
  static func write(_ bytes: [UInt8], to path: String) throws(CheckpointError) {
    try bytes.withBytes { bytes throws(CheckpointError) in try write(bytes, to: path) }
  }

  /// Waits until the names in a folder are on the device.
  static func syncFolder(_ path: String) throws(CheckpointError) {
    let descriptor = try SystemCall.open(path, O_RDONLY)
    defer { close(descriptor) }
    // Some network file systems cannot sync a folder and say so with EINVAL; nothing more can be done there.
    guard SystemCall.retrying({ fsync(descriptor) }) == 0 || errno == EINVAL else {
      throw SystemCall.error("sync", path)
    }
  }
}

extension [UInt8] {
  /// The standard library's `withUnsafeBytes`, which forgets what type of error its closure throws.
  func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let result: Swift.Result<Result, Failure> = withUnsafeBytes { bytes in
      do throws(Failure) {
        return .success(try body(bytes))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }
}
