public import MergeMethods
public import Tensors

/// Everything a merge will do, fixed before the first weight is read.
///
/// A plan is a value: it can be printed, compared, stored and carried out on any machine that has the same inputs.
public struct MergePlan: Sendable {
  /// The models that tensors come from, in the order in which the spec first names them.
  public var models: [PlannedModel]
  /// One step for each output tensor, in the order of the output's files.
  public var steps: [PlanStep]
  /// The model whose configuration, tokenizer and other files go with the output; an index into `models`.
  public var donor: Int
  /// The number of layers of the output, where it differs from the donor's.
  public var layerCount: Int?
  /// The layers of every stack that slices put together otherwise than the donor's; see ``PlannedLayers``.
  public var layers: [PlannedLayers] = []
  /// The number of rows of the output's embedding, where it differs from the donor's.
  public var vocabularySize: Int?
  /// The dtype to state in the output's configuration, where it differs from the donor's.
  public var configurationDType: DType?
  /// The merge method's name as the spec gives it; several are separated by commas.
  public var methodName: String
  /// What to state as `tie_word_embeddings` in the output's configuration, where the donor's no longer holds: false if
  /// the output has a head of its own, true if it has none.
  public var tiesEmbeddings: Bool?
  /// Whether elements of inputs that are infinite or NaN are merged like all others rather than refused.
  public var allowsNonFinite = false

  /// Puts a plan together; the planner does this.
  public init(
    models: [PlannedModel], steps: [PlanStep], donor: Int, layerCount: Int?, configurationDType: DType?,
    methodName: String, tiesEmbeddings: Bool? = nil
  ) {
    self.models = models
    self.steps = steps
    self.donor = donor
    self.layerCount = layerCount
    self.configurationDType = configurationDType
    self.methodName = methodName
    self.tiesEmbeddings = tiesEmbeddings
  }

  /// The seed of all random draws, if the method makes any.
  public var seed: UInt64? { steps.lazy.compactMap(\.seed).first }

  /// The tensors of the output.
  public var outputIndex: TensorIndex { TensorIndex(steps.map(\.output)) }
}

/// A model that a plan reads from.
public struct PlannedModel: Sendable, Hashable {
  /// The reference as the spec gives it.
  public var reference: String
  /// The folder or file it was found at.
  public var location: String
  /// Whether it is the result of another merge in the same file; it has no location then.
  public var isStage: Bool

  /// Names a model and where it was found.
  public init(reference: String, location: String, isStage: Bool = false) {
    self.isStage = isStage
    self.reference = reference
    self.location = location
  }
}

/// How one output tensor comes about.
public struct PlanStep: Sendable {
  /// The tensor that is written.
  public var output: TensorDescription
  /// What part of the model it is.
  public var role: TensorRole
  /// The tensors that are read, in the order of the spec.
  public var inputs: [PlannedInput]
  /// Which input is the base model's.
  public var base: Int?
  /// What is done with them.
  public var operation: PlannedOperation
  /// What a method that draws at random draws from; nil for all others.
  public var seed: UInt64?
  /// What `allow_mismatch` did to this tensor, if anything.
  public var remark: String?

  /// Describes a step; the planner does this.
  public init(
    output: TensorDescription, role: TensorRole, inputs: [PlannedInput], base: Int?, operation: PlannedOperation,
    seed: UInt64? = nil
  ) {
    self.output = output
    self.role = role
    self.inputs = inputs
    self.base = base
    self.operation = operation
    self.seed = seed
  }
}

/// A tensor that a step reads.
public struct PlannedInput: Sendable, Hashable {
  /// The model, as an index into the plan's `models`.
  public var model: Int
  /// The tensor in that model's checkpoint.
  public var tensor: TensorDescription
  /// The part of the tensor that is read, if it is not all: the first elements along each axis.
  public var block: Shape?
  /// What stands in for the rows that the tensor lacks, if it lacks some.
  public var fill: Fill?

  /// The tensor that rows are taken from where an input has too few: the base's, to which they make no difference.
  public struct Fill: Sendable, Hashable {
    /// The model, as an index into the plan's `models`.
    public var model: Int
    /// The tensor, which has all rows.
    public var tensor: TensorDescription

    /// Names the tensor.
    public init(model: Int, tensor: TensorDescription) {
      self.model = model
      self.tensor = tensor
    }
  }

  /// Names an input.
  public init(model: Int, tensor: TensorDescription, block: Shape? = nil, fill: Fill? = nil) {
    self.model = model
    self.tensor = tensor
    self.block = block
    self.fill = fill
  }

  /// The size of what is read, in bytes.
  public var byteCount: Int { (block ?? tensor.shape).elementCount * tensor.dtype.byteCount }
}

/// What a step does with its inputs.
public enum PlannedOperation: Sendable {
  /// The single input's elements, converted if the dtypes differ; the reason says why nothing is merged, if the spec
  /// did not ask for a copy.
  case copy(reason: String?)
  /// A merge with every parameter settled.
  case merge(method: String, parameters: ResolvedParameters, any MergeMethod)
}

/// The part of a model that a tensor belongs to, inferred from its name and the other names around it.
public enum TensorRole: Sendable, Hashable {
  case embedding
  /// A tensor of the layer with this number in the output, from zero.
  case layer(Int)
  case finalNorm
  case head
  /// None of these.
  case other
}
