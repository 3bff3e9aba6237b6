import ArgumentParser
import Batches
import Documents
import Evaluation
import Foundation
import Reports

struct EvalCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval",
    abstract: "Score models on held-out prompts, with standard errors.",
    discussion: """
      A model is a checkpoint folder, a weight file with its configuration beside it, a model in the Hugging Face \
      cache, or a merge spec, which is merged in memory while it is loaded. A model that fails is reported by name; \
      the others are scored all the same, and the exit code is 1.
      """)

  @Argument(help: ArgumentHelp("The models.", valueName: "model")) var models: [String]
  @OptionGroup var options: EvaluationOptions
  @Option(help: ArgumentHelp("Write what each model answered to each prompt, as JSON lines.", valueName: "file"))
  var samples: String?
  @Flag(help: "Print the scores as JSON.") var json = false

  func run() async throws {
    let evaluation = try Failure.ofRequest {
      let evaluation = try EvaluationRun(
        models: models, against: options.against, evaluator: try options.evaluator(), provider: options.loader)
      try evaluation.check()
      if let samples { try RecordFile.checkPlace(for: samples) }
      return evaluation
    }
    let progress = RunProgress(isQuiet: options.quiet)
    let outcome = evaluation.run { progress.show($0) }
    if let samples { try RecordFile.write(outcome.samples.map { $0.line + "\n" }.joined(), to: samples) }
    print(json ? outcome.record.json.pretty : Screen.rendered(outcome.record), terminator: "")
    if !outcome.record.failures.isEmpty { throw Failure(code: 1, message: "") }
  }
}
