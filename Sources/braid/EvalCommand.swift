import ArgumentParser
import Batches
import Documents
import Evaluation
import Foundation
import LanguageModels
import Reports
import Tasks

struct EvalCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval",
    abstract: "Score models on held-out prompts, with standard errors.",
    discussion: """
      A model is a checkpoint folder, a weight file with its configuration beside it, a model in the Hugging Face \
      cache, or a merge spec, which is merged in memory while it is loaded. A model that fails is reported by name; \
      the others are scored all the same, and the exit code is 1. With --engine a server computes the model.
      """)

  @Argument(help: ArgumentHelp("The models.", valueName: "model")) var models: [String]
  @OptionGroup var options: EvaluationOptions
  @Option(help: ArgumentHelp("Write what each model answered to each prompt, as JSON lines.", valueName: "file"))
  var samples: String?
  @Option(
    help: ArgumentHelp(
      "Write the results of --task in the layout of lm-evaluation-harness: results_<time>.json and "
        + "samples_<task>_<time>.jsonl in a folder for each model.", valueName: "folder"))
  var lmEvalOutput: String?
  @Flag(help: "Print the scores as JSON.") var json = false
  @OptionGroup var engine: EngineArguments

  func validate() throws {
    try engine.check(models, options)
    if lmEvalOutput != nil, options.task.isEmpty { throw ValidationError("--lm-eval-output needs --task") }
  }

  /// Judges embedding models, if the prompts are for such; false if they are not.
  private func runEmbeddings() throws -> Bool {
    let run = try Failure.ofRequest { () -> EmbeddingRun? in
      guard !options.prompts.isEmpty,
        let prompts = try PromptLoading.embeddings(options.prompts, limit: options.limit)
      else { return nil }
      if !options.task.isEmpty {
        throw RequestError(message: "--task is for language models, and the prompts are not")
      }
      if engine.engine != nil {
        throw RequestError(message: "--engine is for language models, and the prompts are not")
      }
      let run = try EmbeddingRun(
        models: models, against: options.against, prompts: prompts, loader: options.loader)
      try run.check()
      if let samples { try RecordFile.checkPlace(for: samples) }
      return run
    }
    guard let run else { return false }
    let progress = RunProgress(isQuiet: options.quiet)
    let outcome = run.run { progress.show($0) }
    let record = outcome.record
    if let samples { try RecordFile.write(outcome.samples.map { $0.line + "\n" }.joined(), to: samples) }
    print(json ? record.json.pretty : Screen.rendered(record), terminator: "")
    if !record.failures.isEmpty { throw Failure(code: 1, message: "") }
    return true
  }

  func run() async throws {
    if try runEmbeddings() { return }
    let (evaluation, suite) = try Failure.ofRequest {
      let suite = try options.suite()
      let evaluator = try options.evaluator(suite)
      let evaluation = try EvaluationRun(
        models: models, against: options.against, evaluator: evaluator,
        provider: try engine.provider(options.loader, for: evaluator), suite: suite)
      try evaluation.check()
      if let samples { try RecordFile.checkPlace(for: samples) }
      return (evaluation, suite)
    }
    let progress = RunProgress(isQuiet: options.quiet)
    let start = Date().timeIntervalSince1970
    let outcome = evaluation.run { progress.show($0) }
    if let samples { try RecordFile.write(outcome.samples.map { $0.line + "\n" }.joined(), to: samples) }
    if let lmEvalOutput, let suite {
      for answer in outcome.answers {
        // The tasks' prompts stand behind those of prompt files.
        let own = Array(answer.answers.suffix(suite.prompts.prompts.count))
        let results = HarnessResults(
          answer.suite ?? suite, answers: own,
          run: .init(
            model: answer.argument, start: start, seconds: answer.seconds,
            precision: engine.engine == nil ? options.precision.rawValue : "unknown",
            program: "braid", chatTemplate: answer.chatTemplate, system: options.system))
        try HarnessFolder.write(results, to: lmEvalOutput, at: start)
      }
    }
    print(json ? outcome.record.json.pretty : Screen.rendered(outcome.record), terminator: "")
    if !outcome.record.failures.isEmpty { throw Failure(code: 1, message: "") }
  }
}
