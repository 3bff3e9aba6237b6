import Checkpoints
import Foundation

/// A valid weight file that damaged ones are made from, and the configuration beside it.
struct Seed {
  var format: String
  var name: String
  var bytes: [UInt8]
  var configuration: [UInt8]?

  /// Larger files would make few inputs in the time, and damage would mostly fall on elements.
  private static let largestFile = 1 << 18

  /// The valid files below a folder, apart from those in folders named `broken`, in the order of their paths.
  static func all(in folder: String) -> [Seed] {
    let paths = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return paths.sorted().compactMap { path in
      let whole = folder + "/" + path
      guard !path.split(separator: "/").contains("broken"),
        CheckpointFormats.fileEndings.contains(where: path.hasSuffix),
        let bytes = FileManager.default.contents(atPath: whole), bytes.count <= largestFile,
        let checkpoint = try? Checkpoint.open(whole)
      else { return nil }
      let beside = URL(fileURLWithPath: whole).deletingLastPathComponent().appendingPathComponent("config.json").path
      return Seed(
        format: checkpoint.format, name: URL(fileURLWithPath: path).lastPathComponent, bytes: Array(bytes),
        configuration: FileManager.default.contents(atPath: beside).map(Array.init))
    }
  }

  /// Writes the files into a folder and gives the path of the weights.
  func write(in folder: String) throws -> String {
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name != "number" {
      try FileManager.default.removeItem(atPath: folder + "/" + name)
    }
    if let configuration {
      try Data(configuration).write(to: URL(fileURLWithPath: folder + "/config.json"))
    }
    try Data(bytes).write(to: URL(fileURLWithPath: folder + "/" + name))
    return folder + "/" + name
  }
}
