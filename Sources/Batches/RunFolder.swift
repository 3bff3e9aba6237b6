internal import Documents
internal import Evaluation

/// The folder of one model of a batch: its merged checkpoint, its answers and its scores.
///
///     model/          the merged checkpoint, if the model is a spec and was written
///     merge.json      what the merge depended on; written when the checkpoint is complete
///     samples.jsonl   the answers
///     scores.json     the scores and what they depended on; written last
struct RunFolder {
  let path: String

  /// The merged checkpoint.
  var model: String { path + "/model" }
  private var mergePath: String { path + "/merge.json" }
  private var samplesPath: String { path + "/samples.jsonl" }
  private var scoresPath: String { path + "/scores.json" }

  // MARK: The merge

  /// Whether the checkpoint is there and came from these inputs.
  func hasModel(from inputs: [String]) -> Bool { RecordFile.exists(model) && Self.inputs(mergePath) == inputs }

  /// Says what the checkpoint came from.
  func writeMerge(inputs: [String]) throws {
    try RecordFile.write(JSONValue.object([("inputs", .array(inputs.map { .string($0) }))]).pretty, to: mergePath)
  }

  // MARK: The answers

  /// The answers of an earlier run to these prompts, if they depended on the same inputs.
  func answers(to prompts: PromptSet, from inputs: [String]) -> [Answer]? {
    guard Self.inputs(scoresPath) == inputs, let bytes = RecordFile.read(samplesPath) else { return nil }
    var answers: [Answer] = []
    for line in bytes.split(separator: 0x0A) {
      guard let sample = try? SampleRecord(line: Array(line)), answers.count < prompts.prompts.count else { return nil }
      let prompt = prompts.prompts[answers.count]
      guard sample.task == prompt.task, sample.id == prompt.id, sample.answer.answers(prompt) else { return nil }
      answers.append(sample.answer)
    }
    return answers.count == prompts.prompts.count ? answers : nil
  }

  /// Keeps the answers and the scores.
  func write(_ samples: [SampleRecord], scores: ModelScores, inputs: [String]) throws {
    try RecordFile.write(samples.map { $0.line + "\n" }.joined(), to: samplesPath)
    guard case .object(let members) = scores.json else { return }
    try RecordFile.write(
      JSONValue.object(members + [("inputs", .array(inputs.map { .string($0) }))]).pretty, to: scoresPath)
  }

  private static func inputs(_ path: String) -> [String]? {
    RecordFile.read(path).flatMap { try? JSONParser.parse($0) }?["inputs"]?.array?.compactMap(\.string)
  }
}

extension Answer {
  /// Whether this is an answer to such a prompt.
  fileprivate func answers(_ prompt: Prompt) -> Bool {
    switch (content, prompt.content) {
    case (.choices(let values), .choice(_, let choices, _)): values.count == choices.count
    case (.text, .text), (.generation, .generation): true
    case (.responses(let responses), .document(let document)): responses.count == document.requests.count
    default: false
    }
  }
}
