import ArgumentParser
import Documents
import MergeSpecs
import Merging

struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Show what a merge would do: models, tensors, methods, parameters, bytes.",
    discussion: """
      Only the headers of the models are read. Everything that is wrong with the spec is reported at once, with the \
      place in the file.
      """)

  @Argument(help: "The merge spec, a YAML file.") var spec: String
  @OptionGroup var resources: ResourceOptions
  @Flag(help: "Print JSON, with a line for each tensor.") var json = false
  @Flag(help: "Make unknown keys in the spec warnings.") var lenient = false

  func run() async throws {
    let merge = try Failure.ofRequest { try OpenedMerge.open(spec, lenient: lenient) }
    if !merge.diagnostics.isEmpty { Terminal.note(MergeSpecError.rendered(merge.diagnostics, text: merge.text)) }
    let resources = resources.resources
    let memory = resources.estimate(for: merge.plan, sources: merge.sources)
    if json { return print(merge.stagedPlan.json(memory: memory), terminator: "") }
    print(merge.stagedPlan.text(), terminator: "")
    print(
      "memory: about \(ByteCount.text(memory)) beside the program, "
        + "within the budget of \(ByteCount.text(resources.memory))")
  }
}
