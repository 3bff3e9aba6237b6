import ArgumentParser
import Batches
import Documents
import Evaluation
import Merging
import Reports

struct BatchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "batch",
    abstract: "Merge many specs, score every result and its parents, and rank them.",
    discussion: """
      Each model has a folder of its own under the output folder: the merged checkpoint, its scores and its answers. \
      The leaderboard is written beside them as Markdown, CSV and JSON. Run again, a batch does only what is not done \
      yet or whose spec, inputs or prompts have changed. A spec that fails is reported and does not stop the others; \
      the exit code is then 1.
      """)

  @Argument(help: ArgumentHelp("The merge specs.", valueName: "spec")) var specs: [String]
  @Option(name: .shortAndLong, help: "The folder of the results.") var output: String
  @Option(
    name: .customLong("model"), help: ArgumentHelp("Score this model too; may be repeated.", valueName: "model"))
  var models: [String] = []
  @Flag(help: "Write no checkpoints: merge in memory while loading.") var inMemory = false
  @Flag(help: "Print the scores as JSON.") var json = false
  @OptionGroup var options: EvaluationOptions

  func validate() throws {
    for spec in specs where !OpenedModel.isSpec(spec) {
      throw ValidationError("\(spec) is not a merge spec (.yml or .yaml); name checkpoints with --model")
    }
  }

  func run() async throws {
    let batch = try Failure.ofRequest {
      let suite = try options.suite()
      let batch = try Batch(
        .init(
          specs: specs, models: models, against: options.against, destination: output, isInMemory: inMemory),
        evaluator: try options.evaluator(suite), provider: options.loader, suite: suite)
      try batch.check()
      return batch
    }
    let progress = RunProgress(isQuiet: options.quiet)
    let record = try batch.run { progress.show($0) }
    print(json ? record.json.pretty : Screen.rendered(record, showsTaskDifferences: false), terminator: "")
    if !record.failures.isEmpty { throw Failure(code: 1, message: "") }
  }
}
