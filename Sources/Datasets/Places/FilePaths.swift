#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// Paths taken apart.
package enum FilePaths {
  /// The part behind the last slash.
  package static func name(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

  /// The folder that a path lies in; `.` for a bare name.
  package static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The files of some kind in a folder and all folders below it, as paths relative to it, sorted; hidden ones are
  /// left out.
  package static func files(below folder: String, atMost limit: Int, where isWanted: (String) -> Bool) -> [String] {
    var files: [String] = []
    var waiting = [""]
    while let part = waiting.popLast(), files.count < limit {
      let names =
        (try? FileManager.default.contentsOfDirectory(atPath: part.isEmpty ? folder : folder + "/" + part)) ?? []
      for name in names.sorted() where !name.hasPrefix(".") && name != "__pycache__" {
        let path = part.isEmpty ? name : part + "/" + name
        if isWanted(name) {
          files.append(path)
        } else if isFolder(folder + "/" + path), path.split(separator: "/").count < 20 {
          waiting.append(path)
        }
      }
    }
    return files.sorted()
  }

  /// Whether there is a folder at a path.
  package static func isFolder(_ path: String) -> Bool {
    var isFolder = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder
  }
}
