public import Documents
public import Tensors

/// A model as Hugging Face lays it out: weights, and beside them a configuration, a tokenizer and whatever else.
public struct ModelFolder: Sendable {
  /// The folder.
  public let path: String
  /// What the weight files hold, as they call it.
  public let checkpoint: Checkpoint
  /// The weights as the model has them: what other formats rename, pack or turn is undone.
  public let weights: any TensorSource
  /// `config.json`, or what the weight files say in its place, if either is there.
  ///
  /// Where the weights were stored as codes and scales it no longer says so: it describes ``weights``.
  public let configurationFile: JSONFile?
  /// Files that the weight files hold the content of, by name: a GGUF file's tokenizer, say. Real ones outrank them.
  public let documents: [String: [UInt8]]

  /// Files that stand in for those of the folder, by name; nil for one that no longer counts.
  ///
  /// A merge that changes the vocabulary puts the new tokenizer here.
  public internal(set) var overlay: [String: [UInt8]?] = [:]

  /// Whether the weight files hold codes and scales, and ``weights`` the numbers that they stand for.
  public let isUnpacked: Bool

  /// The root of `config.json`, or nil if there is none.
  public var configuration: JSONNode? { configurationFile?.root }

  /// Opens a model: a folder, or a weight file or list of shards with the other files beside it.
  public static func open(_ path: String) throws(CheckpointError) -> ModelFolder {
    let checkpoint = try Checkpoint.open(path)
    let folder = FileStatus(path: path)?.kind == .folder ? path : Path.folder(of: path)
    let place = Path.join(folder, "config.json")
    var configuration = FileStatus(path: place) == nil ? nil : try JSONFile(path: place)
    let reading = try checkpoint.reader?.interpret(checkpoint, configuration: configuration)
    if configuration == nil, let bytes = reading?.documents["config.json"] {
      configuration = try JSONFile(path: place, bytes: bytes)
    }
    var tensors = reading?.tensors
    var isUnpacked = false
    if tensors == nil {
      tensors = try PackedWeights.derivations(of: checkpoint, configuration: configuration, folder: folder)
      isUnpacked = tensors != nil
      if isUnpacked { configuration = try configuration?.removing(QuantizationSettings.keys) }
    }
    return ModelFolder(
      path: folder, checkpoint: checkpoint, weights: tensors.map { DerivedTensors($0, from: checkpoint) } ?? checkpoint,
      configurationFile: configuration, documents: reading?.documents ?? [:], isUnpacked: isUnpacked)
  }

  /// The name under which model hubs know the model, if it lies in the local Hugging Face cache.
  package var hubName: String? {
    path.split(separator: "/").lazy.compactMap { CachedModel.name(ofFolder: String($0)) }.first
  }

  /// The bytes of a file in the folder, or nil if it is not there.
  public func file(named name: String) throws(CheckpointError) -> [UInt8]? {
    if let replacement = overlay[name] { return replacement }
    let path = Path.join(self.path, name)
    guard FileStatus(path: path) != nil else { return documents[name] }
    return try FileContents.read(path)
  }

  /// A JSON file in the folder, or nil if it is not there.
  public func json(named name: String) throws(CheckpointError) -> JSONFile? {
    let path = Path.join(self.path, name)
    if let replacement = overlay[name] {
      return try replacement.map { bytes throws(CheckpointError) in try JSONFile(path: path, bytes: bytes) }
    }
    if FileStatus(path: path) != nil { return try JSONFile(path: path) }
    return try documents[name].map { bytes throws(CheckpointError) in try JSONFile(path: path, bytes: bytes) }
  }
}
