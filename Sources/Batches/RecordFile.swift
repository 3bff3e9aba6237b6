#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// Files of records: they appear whole under their name or not at all.
public enum RecordFile {
  /// Writes a text under a temporary name in the same folder and gives it its name when it is complete.
  public static func write(_ text: String, to path: String) throws {
    let url = URL(fileURLWithPath: path)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url, options: .atomic)
  }

  /// Finds out before the work whether a file can be written at a path.
  public static func checkPlace(for path: String) throws(RequestError) {
    var isFolder = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder {
      throw RequestError(message: "\(path) is a folder, not a file to be written")
    }
  }

  /// The bytes of a file, or nil if there is none or it cannot be read.
  static func read(_ path: String) -> [UInt8]? {
    (try? Data(contentsOf: URL(fileURLWithPath: path))).map(Array.init)
  }

  /// Whether something stands at a path.
  static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
}
