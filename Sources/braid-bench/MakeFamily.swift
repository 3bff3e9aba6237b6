import ArgumentParser
import Checkpoints
import Foundation
import MergeSpecs
import Merging
import Tensors

/// Writes a random model as a sharded checkpoint.
struct MakeFamily: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "make-model", abstract: "Write a random 1.1B Llama, or a fine-tune of it, as a sharded checkpoint.")

  @Option(help: "The folder to write.") var output: String
  @Option(help: "0 is the base, other numbers are fine-tunes of it.") var variant = 0
  @Flag(help: "100 million parameters instead of 1.1 billion.") var small = false

  func run() throws { try Self.make(small ? .hundredMillion : .billion, variant: variant, at: output) }

  /// Writes a random model with its configuration.
  static func make(_ size: RandomLlama.Size, variant: Int, at path: String) throws {
    let source = RandomLlama(size, variant: variant)
    try write(source, at: path) { writer in
      try writer.add(file: "config.json", bytes: Array(source.configuration.utf8))
    }
  }

  /// Streams random weights to disk as a merge would: every step is a copy.
  static func write(_ source: any TensorSource, at path: String, beside: (CheckpointWriter) throws -> Void) throws {
    let tensors = source.index.tensors
    let plan = MergePlan(
      models: [PlannedModel(reference: "random", location: "random")],
      steps: tensors.map {
        PlanStep(
          output: $0, role: .other, inputs: [PlannedInput(model: 0, tensor: $0)], base: nil,
          operation: .copy(reason: nil))
      },
      donor: 0, layerCount: nil, configurationDType: nil, methodName: "passthrough")
    let writer = try CheckpointWriter(
      destination: path, layout: try SafetensorsLayout.make(tensors, maxShardSize: 500_000_000), fingerprint: path,
      mode: .force,
      allowsDirect: false)
    let resources = MergeResources(threads: ProcessInfo.processInfo.activeProcessorCount)
    try MergeExecutor(plan: plan, sources: [source], resources: resources).run(into: writer)
    try beside(writer)
    try writer.finish()
  }
}
