public import ArgumentParser
import Batches
import Evaluation
public import LanguageModels
import Merging
import Tasks

/// How models are asked, the same for `braid eval` and `braid batch`.
struct EvaluationOptions: ParsableArguments {
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Files of held-out prompts, one JSON object a line: multiple choice {id, task, query, choices, gold}, "
        + "generation {id, task, prompt, target} or text {id, task, text}; for embedding models similarity {id, task, "
        + "text_a, text_b, score}, retrieval {id, task, query, positives, negatives} or pairs {id, task, anchor, "
        + "positive, negative}.", valueName: "file"))
  var prompts: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Task files of lm-evaluation-harness (YAML), tasks or groups, over data on this machine. Python in them is never "
        + "run; well-known functions have built-in stand-ins.", valueName: "file"))
  var task: [String] = []

  @Option(
    help: ArgumentHelp(
      "How many examples stand before a task's question; what the task says if not given.",
      valueName: "count"))
  var numFewshot: Int?

  @Option(
    help: ArgumentHelp(
      "A folder in which data sets lie that tasks name, beside the folders of the tasks; may be repeated.",
      valueName: "folder"))
  var data: [String] = []

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

  @Flag(
    help: ArgumentHelp(
      "Put every prompt as the user's message of a conversation, written by the model's own chat template. The choices "
        + "follow where the answer begins. A date in a template is always 1 January 2025."))
  var chat = false

  @Option(help: ArgumentHelp("What the system says before a prompt; needs --chat.", valueName: "text"))
  var system: String?

  @Option(help: "How weights are held and multiplied: \(Precision.allCases.map(\.rawValue).joined(separator: " or ")).")
  var precision: Precision = .float32

  @Option(
    help: ArgumentHelp(
      "Keep what models answer in this folder, by the tokens and a digest of the weights, and ask only what is not "
        + "known yet.", valueName: "folder"))
  var cache: String?

  @Flag(help: "Make unknown keys in specs warnings.")
  var lenient = false

  @Flag(help: "Say nothing but results and errors.")
  var quiet = false

  @OptionGroup var overrides: OverrideOptions

  @OptionGroup var resources: ResourceOptions

  func validate() throws {
    if prompts.isEmpty, task.isEmpty { throw ValidationError("--prompts or --task needs at least one file") }
    if let numFewshot, numFewshot < 0 { throw ValidationError("--num-fewshot must be 0 or more, not \(numFewshot)") }
    if let limit, limit < 1 { throw ValidationError("--limit must be at least 1, not \(limit)") }
    if system != nil, !chat { throw ValidationError("--system needs --chat") }
    if maxNewTokens < 1 { throw ValidationError("--max-new-tokens must be at least 1, not \(maxNewTokens)") }
  }

  /// The tasks that are named, if there are any.
  func suite() throws -> TaskSuite? {
    guard !task.isEmpty else { return nil }
    return try TaskSuite(
      files: task,
      options: .init(
        limit: limit, exampleCount: numFewshot, dataFolders: data,
        style: ChatStyle(usesTemplate: chat, systemInstruction: system)))
  }

  /// The prompts and how they are put.
  func evaluator(_ suite: TaskSuite?) throws -> Evaluator {
    var set = suite?.prompts
    if !prompts.isEmpty {
      let lines = try PromptLoading.load(prompts, limit: limit)
      if let tasks = set {
        guard let both = lines.joined(with: tasks) else {
          throw RequestError(message: "a task of --task has the name of one in the files of --prompts")
        }
        set = both
      } else {
        set = lines
      }
    }
    guard let set else { throw RequestError(message: "--prompts or --task needs at least one file") }
    return Evaluator(
      prompts: set,
      options: .init(
        maximumNewTokens: maxNewTokens, doublesBeginToken: lmEvalBos,
        chat: chat ? ChatOptions(system: system) : nil))
  }

  /// Where models come from.
  var loader: ModelLoader {
    var loader = ModelLoader(
      resources: resources.resources, precision: precision, isLenient: lenient, overrides: overrides.overrides,
      cache: cache)
    loader.readsChatTemplates = chat
    return loader
  }
}

extension Precision: ExpressibleByArgument {}
