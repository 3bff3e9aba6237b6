public import Checkpoints
public import Documents
public import Tensors

/// A model that can be read, whether it lies on disk or is merged while it is read.
public struct OpenedModel: Sendable {
  /// A short name for tables: the last part of the path, without a spec's ending.
  public let name: String
  /// The argument that it was opened from.
  public let argument: String
  /// The weights.
  public let weights: any TensorSource
  /// The folder that holds the tokenizer and whatever else lies beside the weights; the donor's, for a spec.
  public let folder: ModelFolder
  /// `config.json`, with a spec's changes, or nil if there is none.
  public let configuration: JSONNode?
  /// The merge, if it is one.
  public let merge: OpenedMerge?

  /// Opens what a user names as a model: a checkpoint folder, a weight file, a name in the Hugging Face cache, or a
  /// merge spec.
  ///
  /// - Throws: a `MergeSpecError`, or a `CheckpointError`.
  public static func open(
    _ argument: String, resources: MergeResources, lenient: Bool = false
  ) throws -> OpenedModel {
    if isSpec(argument) {
      let merge = try OpenedMerge.open(argument, lenient: lenient)
      return OpenedModel(
        name: name(of: argument), argument: argument,
        weights: PlannedTensorSource(plan: merge.plan, sources: merge.sources, resources: resources),
        folder: merge.donor.folder, configuration: try merge.configuration()?.root, merge: merge)
    }
    let folder = try ModelFolder.open(try ModelLocator.locate(argument))
    return OpenedModel(
      name: name(of: argument), argument: argument, weights: folder.weights, folder: folder,
      configuration: folder.configuration, merge: nil)
  }

  /// Whether an argument names a merge spec.
  public static func isSpec(_ argument: String) -> Bool {
    let lower = argument.lowercased()
    return lower.hasSuffix(".yml") || lower.hasSuffix(".yaml")
  }

  static func name(of argument: String) -> String {
    var parts = argument.split(separator: "/").map(String.init)
    while let last = parts.last, last == "." { parts.removeLast() }
    guard var name = parts.last else { return argument }
    for ending in [".yml", ".yaml"] + CheckpointFormats.fileEndings where name.lowercased().hasSuffix(ending) {
      name.removeLast(ending.count)
    }
    // A weight file is usually called like every other; its folder says which model it is.
    if name == "model", parts.count > 1 { name = parts[parts.count - 2] }
    return name
  }
}
