public import Checkpoints
public import MergeSpecs
internal import Tensors

/// How a merge is written.
public struct MergeOutput: Sendable {
  /// The folder to make.
  public var destination: String
  /// The most bytes of elements in one file.
  public var maximumShardSize: Int
  /// What to do about what is there already.
  public var mode: CheckpointWriter.Mode

  /// Describes an output.
  public init(
    destination: String, maximumShardSize: Int = ShardLayout.defaultMaximumShardSize,
    mode: CheckpointWriter.Mode = .fresh
  ) {
    self.destination = destination
    self.maximumShardSize = maximumShardSize
    self.mode = mode
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
}

/// Merges a spec into a checkpoint folder.
public enum Merger {
  /// The name under which the spec is kept beside the weights.
  public static let specName = "merge.yml"

  /// The bytes that a merge will read and write, each counted once: what `progress` adds up to.
  public static func workload(of plan: MergePlan) -> Int { plan.steps.reduce(0) { $0 + $1.byteCount } }

  /// Carries out an opened merge and writes it as a model folder.
  ///
  /// - Parameter progress: called with the number of bytes read and written since the last call, from any thread.
  public static func merge(
    _ merge: OpenedMerge, to output: MergeOutput, resources: MergeResources,
    progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) throws -> MergeSummary {
    let plan = merge.plan
    let layout = try ShardLayout(plan.steps.map(\.output), maxShardSize: output.maximumShardSize)
    // Whatever can fail without reading a weight fails before the first file is made.
    let configuration = try merge.configuration()
    let writer = try CheckpointWriter(
      destination: output.destination, layout: layout, fingerprint: MergeFingerprint.text(of: merge),
      mode: output.mode)
    do {
      try MergeExecutor(plan: plan, sources: merge.sources, resources: resources)
        .run(into: writer, skipping: writer.finishedTensors, progress: progress)
      if let configuration { try writer.add(file: "config.json", bytes: configuration.bytes) }
      let carried = merge.donor.filesToCarry.filter { $0.name != specName }
      for file in carried { try writer.add(copyOf: file.path, as: file.name) }
      let names = Set(carried.map(\.name) + ["config.json"])
      for (name, bytes) in merge.donor.documents.sorted(by: { $0.key < $1.key }) where !names.contains(name) {
        try writer.add(file: name, bytes: bytes)
      }
      try writer.add(file: specName, bytes: Array(merge.text.utf8))
      try writer.finish()
    } catch {
      writer.abandon(keepingPartial: true)
      throw error
    }
    return MergeSummary(
      destination: output.destination, tensors: plan.steps.count, resumed: writer.finishedTensors.count,
      byteCount: layout.byteCount, shards: layout.shards.count)
  }
}
