public import Checkpoints
public import Documents
internal import MergeSpecs
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
  /// `config.json`, with the changes of a spec or an adapter, or nil if there is none.
  public let configuration: JSONNode?
  /// The models that the weights come from: one, or those of a spec.
  public let parents: [ParentModel]
  /// The merge, if it is one.
  public let merge: OpenedMerge?

  /// Opens what a user names as a model: a checkpoint folder, a weight file, a name in the Hugging Face cache, any of
  /// them with `+ADAPTER`, or a merge spec.
  ///
  /// - Parameters:
  ///   - lenient: whether unknown keys in a spec are warnings.
  ///   - overrides: what takes the place of a spec's own words.
  /// - Throws: a `MergeSpecError`, or a `CheckpointError`.
  public static func open(
    _ argument: String, resources: MergeResources, lenient: Bool = false,
    overriding overrides: MergeOverrides = MergeOverrides()
  ) throws -> OpenedModel {
    if isSpec(argument) {
      let merge = try OpenedMerge.open(argument, lenient: lenient, overriding: overrides)
      return OpenedModel(
        name: name(of: argument), argument: argument,
        weights: PlannedTensorSource(plan: merge.plan, sources: merge.sources, resources: resources),
        folder: merge.donor.folder, configuration: try merge.configuration()?.root, parents: merge.parents,
        merge: merge)
    }
    let reference = try reference(argument)
    let model = try ParentModel.open(reference)
    let places = [reference.model, reference.adapter].compactMap { $0?.path }
    return OpenedModel(
      name: places.map(name).joined(separator: "+"), argument: argument, weights: model.weights, folder: model.folder,
      configuration: model.configurationFile?.root, parents: [model], merge: nil)
  }

  /// The text of ``configuration``.
  public func configurationBytes() throws -> [UInt8]? {
    if let merge { return try merge.configuration()?.bytes }
    return parents.first?.configurationFile?.bytes
  }

  /// What an argument that is no spec refers to; a path that is there counts as it stands, whatever marks it contains.
  private static func reference(_ argument: String) throws(CheckpointError) -> ModelReference {
    let start = SourcePosition(line: 1, column: 1)
    if ModelLocator().localPath(argument) != nil {
      return ModelReference(model: .init(path: argument), text: argument, position: start)
    }
    do throws(ModelReferenceError) {
      return try ModelReference(parsing: argument, at: start)
    } catch {
      throw CheckpointError(.missing, path: argument, error.message, hint: error.nearest.map { "did you mean \($0)?" })
    }
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
