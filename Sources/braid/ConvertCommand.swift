import ArgumentParser
import Checkpoints
import Documents
import Merging

struct ConvertCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Write a model in another format, or with elements of another type.",
    discussion: """
      The input is a checkpoint of any format that can be read, one with a LoRA adapter (MODEL+ADAPTER), which is \
      merged into it, or a merge spec. The output is a model folder that \
      appears under its name only when it is complete. What rounding cost is printed for each change of type.
      """)

  @Argument(help: ArgumentHelp("A model folder, a weight file, or a merge spec.", valueName: "model")) var input: String
  @Argument(help: "The folder to make.") var output: String
  @OptionGroup var form: OutputForm
  @OptionGroup var resources: ResourceOptions
  @Flag(help: "Replace the folder if there is one.") var force = false
  @Flag(help: "Go on with a conversion that was interrupted.") var resume = false
  @Flag(help: "Make unknown keys in a spec warnings.") var lenient = false
  @Flag(help: "Say nothing but errors.") var quiet = false

  func validate() throws {
    if force, resume { throw ValidationError("--force starts anew and --resume goes on; give one of them") }
    if let ending = CheckpointFormats.fileEndings.first(where: output.hasSuffix) {
      throw ValidationError(
        "the output is a folder; call it \(output.dropLast(ending.count)) and choose the format with --format")
    }
  }

  func run() async throws {
    let model = try Failure.ofRequest {
      try OpenedModel.open(input, resources: resources.resources, lenient: lenient)
    }
    let target = MergeOutput(
      destination: output, options: form.options, mode: force ? .force : resume ? .resume : .fresh)
    let workload =
      model.merge.map { Merger.workload(of: $0.plan) }
      ?? model.parents.reduce(0) {
        $0 + Converter.workload(of: $1)
      }
    let progress = quiet ? nil : ProgressLine(label: "converting", total: workload, unit: .bytes)
    let summary =
      if let merge = model.merge {
        try Merger.merge(merge, to: target, resources: resources.resources) { progress?.advance($0) }
      } else {
        try Converter.convert(model.parents[0], to: target, resources: resources.resources) { progress?.advance($0) }
      }
    progress?.finish()
    if !quiet { print(summary.text) }
  }
}

extension MergeSummary {
  /// The summary as a person reads it.
  var text: String {
    let resumed = resumed > 0 ? ", \(resumed) of them done before" : ""
    let line =
      "\(destination): \(tensors) tensors\(resumed), \(ByteCount.text(byteCount)) in "
      + "\(shards) file\(shards == 1 ? "" : "s")"
    return ([line] + RoundingText.lines(roundingErrors)).joined(separator: "\n")
  }
}
