#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// Whole files, for tests.
public enum Files {
  /// The bytes of a file.
  public static func bytes(_ path: String) throws -> [UInt8] { try Array(Data(contentsOf: URL(fileURLWithPath: path))) }

  /// The text of a file.
  public static func text(_ path: String) throws -> String { String(decoding: try bytes(path), as: UTF8.self) }

  /// Whether anything stands at a path.
  public static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  /// The paths of all files below a folder, relative to it, sorted.
  public static func list(_ folder: String) throws -> [String] {
    var found: [String] = []
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
      let path = folder + "/" + name
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      if attributes[.type] as? FileAttributeType == .typeDirectory {
        found += try list(path).map { name + "/" + $0 }
      } else {
        found.append(name)
      }
    }
    return found.sorted()
  }

  /// Copies a file or a folder.
  public static func copy(_ source: String, to destination: String) throws {
    try FileManager.default.copyItem(atPath: source, toPath: destination)
  }
}

extension Files {
  /// Removes a file or a folder.
  public static func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: path) }

  /// Renames a file or a folder.
  public static func move(_ source: String, to destination: String) throws {
    try FileManager.default.moveItem(atPath: source, toPath: destination)
  }

  /// Makes a symbolic link.
  public static func link(_ path: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
  }

  /// Makes a folder and those above it.
  public static func makeFolder(_ path: String) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
}
