public import Documents
public import MergeMethods
public import Tensors

/// What a merge spec asks for, with the place of every part in its text.
///
/// A spec knows nothing of the models it names but their references; together with their headers it becomes a plan
/// (see ``Planner``).
public struct MergeSpec: Sendable {
  /// The name of the text in diagnostics.
  public var file: String
  /// The merge method.
  public var method: MethodDescription
  /// Where the method is named.
  public var methodPosition: SourcePosition
  /// The base model, which is also the donor of configuration and tokenizer.
  public var baseModel: ModelReference?
  /// The models to merge, whole or in slices of layers.
  public var composition: Composition
  /// The parameters that hold for all models and slices that do not set their own.
  public var parameters: [ParameterEntry]
  /// The dtype of the merge.
  public var dtype: DType?
  /// The dtype of the output, if it is to differ.
  public var outputDType: DType?
  /// What methods that draw at random draw from.
  public var seed: UInt64
  /// Every model the spec names, once each, in the order of first mention.
  public var references: [ModelReference]
  /// The vocabulary that all models are given; nil leaves each its own.
  public var tokenizer: TokenizerSpec?
  /// The chat template of the output; nil keeps the donor's.
  public var chatTemplate: ChatTemplateSpec?
  /// What other specs in the same file call this one's result, if it has a name.
  public var name: StageName?
  /// Whether reading the spec found errors, so that no plan may come of it.
  package var isFaulty = false

  /// How the output is put together.
  public enum Composition: Sendable {
    /// `models:`, all layers of all models.
    case models([SourceSpec], position: SourcePosition)
    /// `slices:`, one range of layers after the other.
    case slices([SliceSpec], position: SourcePosition)
  }
}

/// A model as a spec names it.
public struct ModelReference: Hashable, Sendable {
  /// The text of the reference: a path, or `org/name`.
  public var text: String
  /// Where it stands.
  public var position: SourcePosition

  /// Names a model.
  public init(text: String, position: SourcePosition) {
    self.text = text
    self.position = position
  }
}

/// One output slice: layers that are merged with each other.
public struct SliceSpec: Sendable {
  /// The ranges of layers that are merged, of equal length.
  public var sources: [SourceSpec]
  /// The base model of this slice, where it differs from the spec's.
  public var baseModel: ModelReference?
  /// The parameters of this slice.
  public var parameters: [ParameterEntry]
  /// Where the slice stands.
  public var position: SourcePosition
}

/// One model of a merge or of a slice.
public struct SourceSpec: Sendable {
  /// The model.
  public var model: ModelReference
  /// Its layers; nil means all.
  public var layers: LayerRange?
  /// The parameters of this model.
  public var parameters: [ParameterEntry]
  /// Where the source stands.
  public var position: SourcePosition
  /// Whether it is here only because `base_model` adds the base as the last input.
  public var isAddedBase = false
}

/// A half-open range of layers and where it stands.
public struct LayerRange: Hashable, Sendable {
  /// The layers, from zero.
  public var range: Range<Int>
  /// Where the range stands.
  public var position: SourcePosition
}
