import BraidTesting

/// The golden files of this room.
enum Goldens {
  /// The text of a file under `Goldens/`.
  static func text(_ name: String) throws -> String {
    let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    return try Files.text(folder + "/Goldens/" + name)
  }
}
