public import Documents

/// A model as Hugging Face lays it out: weights, and beside them a configuration, a tokenizer and whatever else.
public struct ModelFolder: Sendable {
  /// The folder.
  public let path: String
  /// The weights.
  public let checkpoint: Checkpoint
  /// `config.json`, if there is one.
  public let configurationFile: JSONFile?

  /// The root of `config.json`, or nil if there is none.
  public var configuration: JSONNode? { configurationFile?.root }

  /// Opens a model: a folder, or a weight file or list of shards with the other files beside it.
  public static func open(_ path: String) throws(CheckpointError) -> ModelFolder {
    let checkpoint = try Checkpoint.open(path)
    let folder = FileStatus(path: path)?.kind == .folder ? path : Path.folder(of: path)
    let configuration = Path.join(folder, "config.json")
    return ModelFolder(
      path: folder, checkpoint: checkpoint,
      configurationFile: FileStatus(path: configuration) == nil ? nil : try JSONFile(path: configuration))
  }

  /// The bytes of a file in the folder, or nil if it is not there.
  public func file(named name: String) throws(CheckpointError) -> [UInt8]? {
    let path = Path.join(self.path, name)
    guard FileStatus(path: path) != nil else { return nil }
    return try FileContents.read(path)
  }

  /// A JSON file in the folder, or nil if it is not there.
  public func json(named name: String) throws(CheckpointError) -> JSONFile? {
    let path = Path.join(self.path, name)
    return FileStatus(path: path) == nil ? nil : try JSONFile(path: path)
  }
}
