internal import Checkpoints
public import Tensors

/// Files that come with the project for its tests.
public enum Fixture {
  /// The folder of the package.
  public static let packageRoot: String = {
    // Sources/BraidTesting/Fixture.swift lies three names below the root.
    var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    parts.removeLast(3)
    return parts.joined(separator: "/")
  }()

  /// The path of a file or folder under `Fixtures`.
  public static func path(_ name: String) -> String { packageRoot + "/Fixtures/" + name }

  /// The weights of a model under `Fixtures`.
  public static func weights(_ name: String) throws -> any TensorSource { try Checkpoint.open(path(name)) }

  /// The path of an example spec under `merges`.
  public static func merge(_ name: String) -> String { packageRoot + "/merges/" + name }
}
