internal import Kernels

/// What the steps that one output tensor is made of have at their disposal.
struct StepContext: Sendable {
  /// The threads that work on the tensor.
  var workers: ThreadTeam
  /// The memory of each of them.
  var scratches: [Scratch]
  /// Inputs up to this size may stay in memory from one pass over them to the next.
  var residentBytes: Int
  /// Memory for tensors of stages.
  var kept: KeptBytes
  /// Where to note what was read of the step's models in the last pass, if anybody wants to know.
  var digests: InputDigests?
  /// The names of the plan's models, if elements of theirs that are infinite or NaN are to be refused.
  var modelsToCheck: [String]?
}
