import ArgumentParser
import Batches
import Evaluation
import LanguageModels
import ServedModels

/// A server that computes the model, where it is too large for this machine.
struct EngineArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Let a server compute the model: its address, such as http://localhost:8000/v1. It must speak OpenAI's protocol "
        + "and return the log-probabilities of a prompt's own tokens (\"echo\" with \"logprobs\"), as vLLM does; that is "
        + "checked first. The model named here gives tokenizer, config.json and chat template, and needs no weights. A "
        + "key is taken from BRAID_ENGINE_KEY, or from OPENAI_API_KEY for a server on this machine or over https.",
      valueName: "url"))
  var engine: String?

  @Option(
    help: ArgumentHelp("What the server calls the model; the only one that it lists, if not given.", valueName: "name"))
  var engineModel: String?

  @Option(help: ArgumentHelp("How many requests to the server are under way at once.", valueName: "count"))
  var engineConnections = 4

  @Option(help: ArgumentHelp("How long the server may take for an answer.", valueName: "seconds"))
  var engineTimeout = 300.0

  @Option(
    help: ArgumentHelp(
      "The most tokens that the server can look at; what it lists or config.json says, if not given.",
      valueName: "count"))
  var engineLength: Int?

  func validate() throws {
    guard engine != nil else {
      let isAlone = engineModel == nil && engineLength == nil && engineConnections == 4 && engineTimeout == 300
      guard isAlone else { throw ValidationError("--engine-… needs --engine") }
      return
    }
    if !(1...256).contains(engineConnections) {
      throw ValidationError("--engine-connections must be from 1 to 256, not \(engineConnections)")
    }
    if !(engineTimeout > 0 && engineTimeout <= 86_400) {
      throw ValidationError("--engine-timeout must be above 0 and at most 86400 seconds, not \(engineTimeout)")
    }
    if let engineLength, engineLength < 8 {
      throw ValidationError("--engine-length must be at least 8, not \(engineLength)")
    }
  }

  /// Refuses what has no meaning for a model that is computed elsewhere.
  func check(_ models: [String], _ options: EvaluationOptions) throws {
    guard engine != nil else { return }
    if models.count > 1 || options.against != nil {
      throw ValidationError(
        "--engine is for one model: the server computes one, whatever is named here; score the others in runs of "
          + "their own")
    }
    if options.cache != nil {
      throw ValidationError(
        "--cache cannot be used with --engine: answers are kept by a digest of the weights, which a server does not show"
      )
    }
    if options.precision != .float32 { throw ValidationError("--precision has no meaning with --engine") }
  }

  /// Where the model comes from.
  func provider(_ loader: ModelLoader, for evaluator: Evaluator) throws -> any ModelProvider {
    guard let engine else { return loader }
    let address = try EngineAddress(engine)
    var options = EngineOptions(
      address: address, model: engineModel, connections: engineConnections, timeout: engineTimeout,
      length: engineLength)
    options.needsFirstChoices = evaluator.prompts.prompts.contains { prompt in
      if case .document(let document) = prompt.content, case .target = document.reference { true } else { false }
    }
    return ServedModelProvider(loader: loader, engine: options, key: try EngineKey(for: address))
  }
}
