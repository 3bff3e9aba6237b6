internal import Checkpoints
internal import MergeSpecs
internal import Tensors

/// Writes a model anew, in another format or with other elements.
public enum Converter {
  /// The bytes that a conversion will read and write, each counted once: what `progress` adds up to.
  public static func workload(of model: ParentModel) -> Int { 2 * model.weights.index.byteCount }

  /// Copies every tensor of a model, and what lies beside them, into a new model folder.
  ///
  /// - Parameter progress: called with the number of bytes read and written since the last call, from any thread.
  public static func convert(
    _ model: ParentModel, to output: MergeOutput, resources: MergeResources,
    progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) throws -> MergeSummary {
    let tensors = model.weights.index.tensors
    let plan = MergePlan(
      models: [PlannedModel(reference: model.location, location: model.location)],
      steps: tensors.map { tensor in
        PlanStep(
          output: tensor, role: .other, inputs: [PlannedInput(model: 0, tensor: tensor)], base: nil,
          operation: .copy(reason: nil))
      },
      donor: 0, layerCount: nil, configurationDType: nil, methodName: "passthrough")
    let configuration = try model.configurationFile.map { file throws(CheckpointError) in
      try ConfigurationPatch(dtype: output.options.dtype).applied(to: file)
    }
    let layout = try output.options.layout(of: tensors, donor: model.folder, configuration: configuration?.root)
    let writer = try CheckpointWriter(
      destination: output.destination, layout: layout,
      fingerprint: MergeFingerprint.text(of: plan, parents: [model]),
      mode: output.mode)
    do {
      try MergeExecutor(plan: plan, sources: [model.weights], resources: resources)
        .run(into: writer, skipping: writer.finishedTensors, progress: progress)
      try writer.addFiles(beside: model.folder, configuration: configuration?.bytes)
      try writer.finish()
    } catch {
      writer.abandon(keepingPartial: true)
      throw error
    }
    return MergeSummary(
      destination: output.destination, tensors: tensors.count, resumed: writer.finishedTensors.count,
      byteCount: layout.byteCount, shards: layout.shards.count, roundingErrors: writer.roundingErrors.entries)
  }
}
