public import ArgumentParser
import Batches
import Evaluation
public import LanguageModels
import Merging

/// How models are asked, the same for `braid eval` and `braid batch`.
struct EvaluationOptions: ParsableArguments {
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Files of held-out prompts, one JSON object a line: multiple choice {id, task, query, choices, gold}, "
        + "generation {id, task, prompt, target} or text {id, task, text}.", valueName: "file"))
  var prompts: [String]

  @Option(help: ArgumentHelp("Compare every model with this one, prompt by prompt.", valueName: "model"))
  var against: String?

  @Option(help: ArgumentHelp("Take only the first so many prompts of each task.", valueName: "count"))
  var limit: Int?

  @Option(help: ArgumentHelp("The most tokens of a generation.", valueName: "count"))
  var maxNewTokens = 16

  @Flag(
    help: ArgumentHelp(
      "Score texts after two begin tokens, the second one included, as lm-evaluation-harness does for tokenizers that "
        + "add one; without this the text alone is scored after one."))
  var lmEvalBos = false

  @Option(help: "How weights are held and multiplied: \(Precision.allCases.map(\.rawValue).joined(separator: " or ")).")
  var precision: Precision = .float32

  @Flag(help: "Make unknown keys in specs warnings.")
  var lenient = false

  @Flag(help: "Say nothing but results and errors.")
  var quiet = false

  @OptionGroup var overrides: OverrideOptions

  @OptionGroup var resources: ResourceOptions

  func validate() throws {
    if prompts.isEmpty { throw ValidationError("--prompts needs at least one file") }
    if let limit, limit < 1 { throw ValidationError("--limit must be at least 1, not \(limit)") }
    if maxNewTokens < 1 { throw ValidationError("--max-new-tokens must be at least 1, not \(maxNewTokens)") }
  }

  /// The prompts and how they are put.
  func evaluator() throws -> Evaluator {
    Evaluator(
      prompts: try PromptLoading.load(prompts, limit: limit),
      options: .init(maximumNewTokens: maxNewTokens, doublesBeginToken: lmEvalBos))
  }

  /// Where models come from.
  var loader: ModelLoader {
    ModelLoader(
      resources: resources.resources, precision: precision, isLenient: lenient, overrides: overrides.overrides)
  }
}

extension Precision: ExpressibleByArgument {}
