internal import Checkpoints
public import MergeSpecs
public import Tensors

extension MergeResources {
  /// The most memory that carrying out a plan takes beside the program itself, in bytes: blocks of float32 for each
  /// thread, bands on their way to the disk, inputs that stay mapped from one pass to the next, and tensors of stages
  /// that are kept for the next pass.
  ///
  /// - Parameter sources: one per model of the plan, in its order; without them no model is a stage.
  public func estimate(for plan: MergePlan, sources: [any TensorSource] = []) -> Int {
    let inputs = plan.steps.map(\.inputs.count).max() ?? 0
    let bands = plan.steps.map { min(Bands.elements, $0.output.shape.elementCount) * $0.output.dtype.byteCount }
    var needs = StageNeeds()
    for step in plan.steps { needs.raise(to: StageNeeds(of: step, sources: sources)) }
    return (Scratch.byteCount(inputs: inputs) + needs.blocks) * threads
      + buffers(of: bands.max() ?? 0) * (bands.max() ?? 0) + min(needs.mapped, residentBytes(sources))
      + min(needs.kept * threads, keptBytes) + needs.adapted
  }
}

/// What one step of a merge needs for the stages that it reads from.
private struct StageNeeds {
  /// Bytes of blocks for each thread.
  var blocks = 0
  /// Bytes of files that may stay mapped, and of what has been drawn at random.
  var mapped = 0
  /// Bytes of tensors of stages that may be kept.
  var kept = 0
  /// Bytes that stages behind adapters may keep for themselves: whoever reads them gets whole elements, not blocks.
  var adapted = 0

  init() {}

  init(of step: PlanStep, sources: [any TensorSource]) {
    var seen: Set<StageTensor> = []
    add(step, sources, &seen)
  }

  /// Follows the inputs of a step through all stages; each tensor of a stage counts once.
  private mutating func add(_ step: PlanStep, _ sources: [any TensorSource], _ seen: inout Set<StageTensor>) {
    var keptHere = 0
    mapped += step.drawnByteCount
    for input in step.inputs {
      guard sources.indices.contains(input.model),
        let stage = sources[input.model].lastOrigin(of: input.tensor.name) as? PlannedTensorSource
      else {
        mapped += input.tensor.byteCount
        addAdapted(input, sources, &seen)
        continue
      }
      keptHere += input.tensor.byteCount
      guard seen.insert(StageTensor(stage: stage.identity, name: input.tensor.name)).inserted,
        let (inner, innerSources) = stage.step(input.tensor.name)
      else { continue }
      blocks += StageBlock.byteCount(inputs: inner.inputs.count)
      add(inner, innerSources, &seen)
    }
    kept = max(kept, keptHere)
  }

  /// Adds what it takes to read a tensor that an adapter changes.
  private mutating func addAdapted(_ input: PlannedInput, _ sources: [any TensorSource], _ seen: inout Set<StageTensor>)
  {
    guard sources.indices.contains(input.model),
      let model = sources[input.model].lastOrigin(of: input.tensor.name) as? AdaptedTensors
    else { return }
    let band = min(Bands.elements, input.tensor.shape.elementCount) * input.tensor.dtype.byteCount
    blocks += band + AdaptedTensors.readerByteCount
    guard let stage = model.base.lastOrigin(of: input.tensor.name) as? PlannedTensorSource else { return }
    blocks += band + stage.readerByteCount
    guard seen.insert(StageTensor(stage: stage.identity, name: input.tensor.name)).inserted else { return }
    adapted += stage.keptLimit
    if let (inner, innerSources) = stage.step(input.tensor.name) { add(inner, innerSources, &seen) }
  }

  mutating func raise(to other: StageNeeds) {
    blocks = max(blocks, other.blocks)
    mapped = max(mapped, other.mapped)
    kept = max(kept, other.kept)
    adapted = max(adapted, other.adapted)
  }
}

extension PlanStep {
  /// What a step that draws at random may keep of that for its last pass: a bit for each element of each input.
  var drawnByteCount: Int { seed == nil ? 0 : inputs.count * (output.shape.elementCount + 7) / 8 }
}

private struct StageTensor: Hashable {
  var stage: ObjectIdentifier
  var name: String
}
