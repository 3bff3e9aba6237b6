import ArgumentParser
import Checkpoints
import Comparisons
import Documents
import Merging
import Reports
import Tensors

struct InspectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Show what a checkpoint holds: format, dtypes, layers, tokenizer, tensors.",
    discussion: """
      Only headers are read, unless a tensor is named. Tensors that repeat from layer to layer are folded into one line.
      """)

  @Argument(
    help: ArgumentHelp(
      "A model folder, a weight file, or a model in the Hugging Face cache, any of them with +ADAPTER; with --tensor also "
        + "a merge spec.",
      valueName: "checkpoint"))
  var reference: String

  @Option(help: ArgumentHelp("Read this tensor and show what its elements are like.", valueName: "name"))
  var tensor: String?

  @OptionGroup var resources: ResourceOptions

  @Flag(help: "Print JSON.")
  var json = false

  mutating func run() async throws {
    if let tensor { return try inspect(tensor) }
    let summary = try summary()
    if json {
      print(summary.json.pretty, terminator: "")
    } else {
      print(summary.text, terminator: "")
    }
  }

  private func summary() throws -> CheckpointSummary {
    // An adapter by itself is a checkpoint too, and so is what lies at a path that looks like a reference.
    if !reference.contains("+") || ModelLocator().localPath(reference) != nil {
      return try CheckpointSummary(of: ModelFolder.open(ModelLocator.locate(reference)))
    }
    let model = try Failure.ofRequest {
      try OpenedModel.open(reference, resources: MergeResources(memory: resources.memory.bytes / 8, threads: 1))
    }
    return try CheckpointSummary(of: model.folder, adapted: model.parents.first?.adapted)
  }

  private func inspect(_ name: String) throws {
    let model = try Failure.ofRequest {
      try OpenedModel.open(
        reference, resources: MergeResources(memory: resources.memory.bytes / 8, threads: 1))
    }
    guard let description = model.weights.index[name] else {
      let nearest = NearestName.of(name, in: model.weights.index.tensors.map(\.name))
      throw Failure(
        code: 2,
        message: "error: \(reference) has no tensor \(PrintableText.quoted(name))"
          + (nearest.map { "\n  did you mean \(PrintableText.of($0))?" } ?? ""))
    }
    // Elements are read twice: the second time their mean and range are known.
    let progress = ProgressLine(label: "reading", total: 2 * description.byteCount, unit: .bytes)
    let statistics = try TensorStatistics(
      of: name, in: model.weights,
      resources: ComparisonResources(threads: resources.threads, memory: resources.memory.bytes)
    ) { progress.advance($0) }
    progress.clear()
    let location = (model.weights as? Checkpoint)?.location(of: name)
    if json {
      guard case .object(var members) = statistics.json else { return }
      if let location {
        members.append(("file", .string(location.file.path)))
        if let bytes = location.bytes {
          members.append(("begin", .integer(bytes.lowerBound)))
          members.append(("end", .integer(bytes.upperBound)))
        }
        if let storage = location.storage { members.append(("storage", .string(storage))) }
      }
      print(JSONValue.object(members).pretty, terminator: "")
    } else {
      let place = location.map { location in
        location.file.path + (location.bytes.map { ", bytes \($0.lowerBound) to \($0.upperBound)" } ?? "")
          + (location.storage.map { ", stored as \(PrintableText.of($0))" } ?? "")
      }
      print(TensorReport(statistics, place: place, width: Screen.width).text, terminator: "")
    }
  }
}
