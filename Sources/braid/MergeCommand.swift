import ArgumentParser
import Checkpoints
import Merging

struct MergeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Merge models as a spec says and write the result as a model folder.",
    discussion: """
      The folder appears under its name only when it is complete. A merge that was killed goes on with --resume and \
      then has the same bytes as one that was not.
      """)

  @Argument(help: "The merge spec, a YAML file.") var spec: String
  @Option(name: .shortAndLong, help: "The folder to make.") var output: String
  @Option(
    help: ArgumentHelp(
      "Also write each stage of the spec as a model folder in there, or use the one that an earlier run has written.",
      valueName: "dir")) var keepStages: String?
  @OptionGroup var resources: ResourceOptions
  @OptionGroup var form: OutputForm
  @Flag(help: "Replace the folder if there is one.") var force = false
  @Flag(help: "Go on with a merge that was interrupted.") var resume = false
  @Flag(help: "Make unknown keys in the spec warnings.") var lenient = false
  @OptionGroup var overrides: OverrideOptions
  @Flag(help: "Write no model card (README.md) beside the weights.") var noCard = false
  @Flag(help: "Say nothing but errors.") var quiet = false

  func validate() throws {
    if force, resume { throw ValidationError("--force starts anew and --resume goes on; give one of them") }
  }

  func run() async throws {
    let merge = try Failure.ofRequest {
      try OpenedMerge.open(spec, lenient: lenient, overriding: overrides.overrides)
    }
    if !quiet, !merge.diagnostics.isEmpty {
      Terminal.note(MergeSpecError.rendered(merge.diagnostics, text: merge.text))
    }
    if !quiet, let file = merge.donor.configurationFile, let warnings = try merge.configuration()?.warnings,
      !warnings.isEmpty
    {
      Terminal.note(MergeSpecError.rendered(warnings, text: String(decoding: file.bytes, as: UTF8.self)))
    }
    if !quiet, !noCard {
      for warning in merge.licenceWarnings { Terminal.note("\(spec): warning: \(warning)") }
    }
    let workload =
      keepStages == nil ? Merger.workload(of: merge.plan) : Merger.workloadWithStages(of: merge)
    let progress = quiet ? nil : ProgressLine(label: "merging", total: workload, unit: .bytes)
    let summary = try Merger.merge(
      merge,
      to: MergeOutput(
        destination: output, options: form.options, mode: force ? .force : resume ? .resume : .fresh,
        writesCard: !noCard),
      keepingStagesIn: keepStages, resources: resources.resources, progress: { progress?.advance($0) })
    progress?.finish()
    if quiet { return }
    for stage in summary.stages {
      print("\(stage.path): stage \(stage.name)" + (stage.isReused ? ", as it was written before" : ""))
    }
    print(summary.text)
  }
}
