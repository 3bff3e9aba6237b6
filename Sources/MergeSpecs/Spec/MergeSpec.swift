public import Documents
public import MergeMethods

/// What a merge spec asks for, with the place of every part in its text.
///
/// A spec knows nothing of the models it names but their references; together with their headers it becomes a plan
/// (see ``Planner``).
public struct MergeSpec: Sendable {
  /// The name of the text in diagnostics.
  public var file: String
  /// The merge method of everything that names no other; of the first slice, if the spec as a whole names none.
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
  public var dtype: DTypeSetting?
  /// The dtype of the output, if it is to differ.
  public var outputDType: DTypeSetting?
  /// What becomes of a tensor that models have in different shapes, or that some of them lack; nil refuses it.
  public var mismatch: MismatchRule?
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
    /// `modules:`, the parts of a model of several parts, each with models or slices of its own.
    case modules([ModuleSpec], position: SourcePosition)
  }
}

/// What becomes of a tensor that the models of a slice have in different shapes, or that some of them lack.
public enum MismatchRule: String, CaseIterable, Sendable, Hashable {
  /// A model whose tensor does not fit is left out of that tensor's merge.
  case skip
  /// Embeddings and heads are cut to the rows and columns that all of them have, or to the base's. Where a model adds to
  /// a base that has more rows, its task vector is zero in those.
  case truncate
  /// The base's tensor is copied, or the first model's without a base.
  case copyBase = "copy-base"
}

/// One part of a model of several parts, such as the vision tower.
public struct ModuleSpec: Sendable {
  /// The part's name as the spec has it.
  public var name: String
  /// What is merged: models, or slices of the part's own layers.
  public var composition: MergeSpec.Composition
  /// The merge method of this part, where it names one.
  public var method: MethodDescription?
  /// Where it does.
  public var methodPosition: SourcePosition?
  /// The parameters of this part.
  public var parameters: [ParameterEntry]
  /// Where the name stands.
  public var position: SourcePosition
}

/// One output slice: layers that are merged with each other.
public struct SliceSpec: Sendable {
  /// The ranges of layers that are merged, of equal length.
  public var sources: [SourceSpec]
  /// The merge method of this slice, where it names one.
  public var method: MethodDescription?
  /// Where it does.
  public var methodPosition: SourcePosition?
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
