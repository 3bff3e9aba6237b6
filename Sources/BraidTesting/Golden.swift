#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif
public import Testing

/// Texts that are compared with what was stored beside the test.
public enum Golden {
  /// Compares a text with a stored one.
  ///
  /// With `RECORD=1` in the environment the stored text is rewritten and the test fails, so that recording never
  /// passes for testing.
  ///
  /// - Parameter name: the file under `Goldens/` in the folder of the calling test.
  public static func expect(
    _ text: String, at name: String, testFile: String = #filePath, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let path = folder(of: testFile) + "/Goldens/" + name
    if ProcessInfo.processInfo.environment["RECORD"] == "1" {
      try FileManager.default.createDirectory(atPath: folder(of: path), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
      Issue.record("recorded \(name); run again without RECORD", sourceLocation: sourceLocation)
      return
    }
    guard Files.exists(path) else {
      Issue.record("there is no golden \(name); record it with RECORD=1", sourceLocation: sourceLocation)
      return
    }
    let stored = try Files.text(path)
    guard Array(stored.utf8) != Array(text.utf8) else { return }
    Issue.record("differs from \(name):\n\(difference(stored, text))", sourceLocation: sourceLocation)
  }

  private static func folder(of path: String) -> String {
    path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
  }

  /// The lines that differ, as far as they fit on a screen.
  static func difference(_ stored: String, _ text: String) -> String {
    let before = stored.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let after = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var shown: [String] = []
    for change in after.difference(from: before) {
      switch change {
      case .remove(let line, let content, _): shown.append("- \(line + 1): \(content)")
      case .insert(let line, let content, _): shown.append("+ \(line + 1): \(content)")
      }
    }
    return shown.prefix(40).joined(separator: "\n") + (shown.count > 40 ? "\n…" : "")
  }
}
