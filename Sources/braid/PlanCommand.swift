import ArgumentParser
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
  @Flag(help: "Print JSON, with a line for each tensor.") var json = false
  @Flag(help: "Make unknown keys in the spec warnings.") var lenient = false

  func run() async throws {
    let merge = try Failure.ofRequest { try OpenedMerge.open(spec, lenient: lenient) }
    if !merge.diagnostics.isEmpty { Terminal.note(MergeSpecError.rendered(merge.diagnostics, text: merge.text)) }
    print(json ? merge.plan.json() : merge.plan.text(), terminator: "")
  }
}
