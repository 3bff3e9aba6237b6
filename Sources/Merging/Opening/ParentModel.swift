public import Checkpoints
public import MergeSpecs
public import Tensors

/// A model that a merge reads: a folder, and its weights as the spec wants them.
///
/// Whatever changes weights while they are read (an adapter, another vocabulary, a merge that comes first) replaces
/// ``weights``, ``configurationFile`` and ``identity`` together, and everything after it sees an ordinary model.
public struct ParentModel: Sendable {
  /// The folder that holds the tokenizer and whatever else goes with the weights.
  public var folder: ModelFolder
  /// The tensors to merge.
  public var weights: any TensorSource
  /// The configuration that describes ``weights``, or nil if the model has none.
  public var configurationFile: JSONFile?
  /// The adapter that is applied, with what it makes of the folder's weights, if there is one.
  public var adapted: AdaptedModel?
  /// Where the model was found; with what was applied to it, so that two models that differ lie at two places.
  public var location: String
  /// What the weights are made of: two parents whose lines are equal have equal bytes.
  public var identity: [String]
  /// The name of the merge in the same file that the model is the result of, if it is.
  public var stage: String?

  /// The model as it lies in its folder.
  public init(_ folder: ModelFolder) {
    self.folder = folder
    weights = folder.weights
    configurationFile = folder.configurationFile
    location = folder.path
    identity = folder.checkpoint.files.map { "file " + $0.identity }
  }

  /// All that planning knows of the model.
  public var header: ModelHeader {
    ModelHeader(
      index: weights.index, configuration: configurationFile?.root, location: stage == nil ? location : "",
      isStage: stage != nil)
  }
}
