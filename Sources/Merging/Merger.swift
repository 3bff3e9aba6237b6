public import Checkpoints
public import MergeSpecs
internal import Tensors

/// How a merge is written.
public struct MergeOutput: Sendable {
  /// The folder to make.
  public var destination: String
  /// The format of the weight files, and what is stored in them.
  public var options: OutputOptions
  /// What to do about what is there already.
  public var mode: CheckpointWriter.Mode
  /// Whether a model card goes with the weights.
  public var writesCard: Bool
  /// Whether this is a stage that is kept: its recipe is a part of another merge's.
  var isStage = false
  /// The record of the merge that is done again, if this is one.
  var original: MergeRecord?

  /// Describes an output.
  public init(
    destination: String, options: OutputOptions = OutputOptions(), mode: CheckpointWriter.Mode = .fresh,
    writesCard: Bool = true
  ) {
    self.destination = destination
    self.options = options
    self.mode = mode
    self.writesCard = writesCard
  }
}

/// What a merge did.
public struct MergeSummary: Sendable {
  /// The folder that was made.
  public var destination: String
  /// How many tensors were written, those of an earlier run included.
  public var tensors: Int
  /// How many of them an earlier run had finished.
  public var resumed: Int
  /// The size of the weight files in bytes.
  public var byteCount: Int
  /// How many weight files there are.
  public var shards: Int
  /// What storing the elements in another form has cost.
  public var roundingErrors: [RoundingErrors.Entry]
  /// The stages that were kept as checkpoints of their own.
  public var stages: [KeptStage] = []
}

/// Merges a spec into a checkpoint folder.
public enum Merger {
  /// The name under which the spec is kept beside the weights.
  public static let specName = "merge.yml"

  /// The bytes that a merge will read and write, each counted once: what `progress` adds up to.
  public static func workload(of plan: MergePlan) -> Int { plan.steps.reduce(0) { $0 + $1.byteCount } }

  /// The same for a merge of which the stages are carried out one by one, so that they can be kept.
  public static func workloadWithStages(of merge: OpenedMerge) -> Int {
    (merge.stages + [merge]).reduce(0) { $0 + workload(of: $1.plan) }
  }

  /// Carries out an opened merge and writes it as a model folder.
  ///
  /// - Parameters:
  ///   - stageFolder: where the stages are kept as checkpoints of their own; without it they are computed while they are
  ///     read, and never written.
  ///   - progress: called with the number of bytes read and written since the last call, from any thread.
  public static func merge(
    _ merge: OpenedMerge, to output: MergeOutput, keepingStagesIn stageFolder: String? = nil,
    resources: MergeResources,
    progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) throws -> MergeSummary {
    let plan = merge.plan
    // Whatever can fail without reading a weight fails before the first file is made.
    let configuration = try merge.configuration(dtype: output.options.dtype)
    let layout = try output.options.layout(
      of: plan.steps.map(\.output), donor: merge.donor.folder, configuration: configuration?.root)
    let writer = try CheckpointWriter(
      destination: output.destination, layout: layout, fingerprint: MergeFingerprint.text(of: merge),
      mode: output.mode)
    var stages: [KeptStage] = []
    do {
      if let stageFolder {
        stages = try KeptStages(folder: stageFolder, resources: resources, progress: progress).keep(merge)
      }
      try MergeExecutor(plan: plan, sources: merge.sources, resources: resources, digests: merge.digests)
        .run(into: writer, skipping: writer.finishedTensors, progress: progress)
      try merge.completeDigests(threads: resources.threads)
      try writer.addFiles(beside: merge.donor.folder, configuration: configuration?.bytes, except: [specName])
      try writer.add(file: specName, bytes: Array(merge.text.utf8))
      let record = MergeRecord(of: merge, output: output)
      let weights = try writer.seal()
      if !output.isStage { writer.addToRecord(MergeRecord.member, record.json) }
      if output.writesCard, !output.isStage {
        let card = ModelCard(of: merge, named: record.name, record: record, weights: weights.text)
        try writer.add(file: ModelCard.name, bytes: Array(card.text.utf8))
      }
      try writer.finish()
    } catch {
      writer.abandon(keepingPartial: true)
      throw error
    }
    return MergeSummary(
      destination: output.destination, tensors: plan.steps.count, resumed: writer.finishedTensors.count,
      byteCount: layout.byteCount, shards: layout.shards.count,
      roundingErrors: writer.roundingErrors.entries, stages: stages)
  }
}
