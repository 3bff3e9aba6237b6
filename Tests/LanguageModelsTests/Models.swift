import BraidTesting
import Checkpoints
import Documents
import LanguageModels
import Testing

/// Models under `Fixtures`, and the prompts of the family.
enum Models {
  /// Loads the model in a folder.
  static func load(
    _ folder: String, precision: Precision = .float32, threads: Int = 2, rowsPerBatch: Int? = nil
  ) throws -> LanguageModel {
    let folder = try ModelFolder.open(Fixture.path(folder))
    return try LanguageModel(
      name: "model", weights: folder.checkpoint,
      configuration: try #require(try folder.file(named: "config.json")),
      tokenizer: try folder.file(named: "tokenizer.json")
        ?? Files.bytes(Fixture.path("families/a/base/tokenizer.json")),
      tokenizerConfiguration: try folder.file(named: "tokenizer_config.json"),
      generationConfiguration: try folder.file(named: "generation_config.json"), precision: precision,
      threads: threads, rowsPerBatch: rowsPerBatch)
  }

  /// The lines of a JSONL file, by their id.
  static func lines(_ file: String) throws -> [(id: String, node: JSONNode)] {
    try Files.text(Fixture.path(file)).split(separator: "\n").map { line in
      let node = try JSONParser.parse(String(line))
      return (try #require(node["id"]?.string), node)
    }
  }
}

/// What the oracle has of one model, with the prompts it belongs to.
struct Oracle {
  /// Multiple choice: the request and the log-likelihoods.
  var choices: [(id: String, request: ScoringRequest, expected: [Double], greedy: [Bool])] = []
  /// Texts: the request and the log-likelihood.
  var texts: [(id: String, request: ScoringRequest, expected: Double)] = []
  /// Generations: the request, the tokens and whether the model ended itself.
  var generations: [(id: String, request: GenerationRequest, expected: GeneratedTokens)] = []

  /// Reads the oracle of a model of the family.
  init(_ model: String, tokenizer: any TextTokenizer, prefix: Int) throws {
    var prompts: [String: JSONNode] = [:]
    for task in ["chat", "factchat", "facts", "plural", "sort", "sums", "text"] {
      for (id, node) in try Models.lines("families/a/prompts/\(task).heldout.jsonl") { prompts[id] = node }
    }
    for (id, line) in try Models.lines("families/a/oracle/\(model).jsonl") where !id.hasPrefix("longtext") {
      let prompt = try #require(prompts[id])
      if let query = prompt["query"]?.string {
        let context = try tokenizer.encode(query, addingSpecialTokens: true)
        let continuations = try (prompt["choices"]?.array ?? []).map { choice in
          Array(
            try tokenizer.encode(query + (choice.string ?? ""), addingSpecialTokens: true).dropFirst(context.count))
        }
        choices.append(
          (
            id, ScoringRequest(context: context, continuations: continuations),
            (line["loglik"]?.array ?? []).compactMap(\.double), (line["greedy"]?.array ?? []).compactMap(\.bool)
          ))
      } else if let text = prompt["text"]?.string {
        let tokens = try tokenizer.encode(text, addingSpecialTokens: false)
        texts.append(
          (
            id, ScoringRequest(context: [prefix], continuations: [tokens]), try #require(line["loglik"]?.double)
          ))
      } else {
        let tokens = try tokenizer.encode(prompt["prompt"]?.string ?? "", addingSpecialTokens: true)
        generations.append(
          (
            id, GenerationRequest(prompt: tokens, maximumNewTokens: 16),
            GeneratedTokens(
              tokens: try #require(line["ids"]).integers, ended: line["ended"]?.bool == true)
          ))
      }
    }
  }
}
