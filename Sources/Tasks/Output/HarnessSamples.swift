internal import Datasets
internal import Documents
internal import Evaluation

/// The lines of a samples file of lm-evaluation-harness: one for each document and filter pipeline.
package enum HarnessSamples {
  /// The lines of a task.
  static func lines(of task: BuiltTask, answers: [Answer]) -> [String] {
    var pipelines: [String] = []
    for metric in task.metrics where !pipelines.contains(metric.pipeline.name) {
      pipelines.append(metric.pipeline.name)
    }
    return pipelines.flatMap { pipeline in
      let metrics = task.metrics.filter { $0.pipeline.name == pipeline }
      return task.prompts.indices.compactMap { index in
        line(task, index, answer: answers[index], metrics: metrics, pipeline: pipeline)
      }
    }
  }

  private static func line(
    _ task: BuiltTask, _ index: Int, answer: Answer, metrics: [TaskMetric], pipeline: String
  ) -> String? {
    let prompt = task.prompts[index]
    guard case .document(let document) = prompt.content, case .responses(let responses) = answer.content else {
      return nil
    }
    let filtered = metrics.first?.filtered(responses, document) ?? responses
    let hashes = hashes(of: task, index)
    let target = task.targets[index]
    var members: [(key: String, value: JSONValue)] = [
      ("doc_id", .integer(index)), ("doc", task.documents[index].json), ("target", .string(PythonText.of(target))),
      ("arguments", .object(document.requests.enumerated().map { ("gen_args_\($0)", arguments($1)) })),
      ("resps", .array(responses.map { .array([text($0, of: document)]) })),
      ("filtered_resps", .array(filtered.map { text($0, of: document) })),
      ("filter", .string(pipeline)), ("metrics", .array(metrics.map { .string($0.name) })),
      ("doc_hash", .string(hashes.document)), ("prompt_hash", .string(hashes.prompt)),
      ("target_hash", .string(hashes.target)),
    ]
    for metric in metrics {
      if let value = value(metric, answer, prompt, document) { members.append((metric.name, value)) }
    }
    return JSONValue.object(members).line
  }

  private static func arguments(_ request: DocumentPrompt.Request) -> JSONValue {
    switch request {
    case .likelihood(let context, let continuation):
      .object([("arg_0", .string(context)), ("arg_1", .string(continuation))])
    case .text(let text): .object([("arg_0", .string(text))])
    case .generation(let context, let until, let limit):
      .object([
        ("arg_0", .string(context)),
        (
          "arg_1",
          .object([
            ("until", .array(until.map { .string($0) })), ("do_sample", .bool(false)), ("temperature", .number(0)),
            ("max_gen_toks", .integer(limit)),
          ])
        ),
      ])
    }
  }

  /// A response as text; likelihoods come as a pair of texts, those of whole texts alone.
  private static func text(_ response: Answer.Response, of document: DocumentPrompt) -> JSONValue {
    switch response {
    case .likelihood(let value, let isGreedy):
      let likelihood = JSONValue.string(PythonString.spelling(of: value))
      if case .text = document.requests.first { return likelihood }
      return .array([likelihood, .string(isGreedy ? "True" : "False")])
    case .text(let text): return .string(text)
    }
  }

  /// What the harness keeps of a metric for one document, before it sums up.
  private static func value(
    _ metric: TaskMetric, _ answer: Answer, _ prompt: Prompt, _ document: DocumentPrompt
  ) -> JSONValue? {
    guard let observation = metric.observe(answer, to: prompt) else { return nil }
    let terms = observation.terms
    switch metric.kind {
    case .perplexity: return .number(terms[0])
    case .wordPerplexity, .bytePerplexity, .bitsPerByte: return .array([.number(terms[0]), .integer(Int(terms[1]))])
    case .f1, .matthews:
      guard case .choices(_, let gold) = document.reference, case .responses(let responses) = answer.content else {
        return nil
      }
      let values = responses.compactMap { if case .likelihood(let value, _) = $0 { value } else { nil } }
      return .array([.integer(gold.places.first ?? -100), .integer(TaskMetric.firstMaximum(values) ?? 0)])
    case .bleu, .chrF, .ter: return nil
    default: return .number(terms[0] / terms[1])
    }
  }

  // MARK: Hashes

  /// The names of a document, its first prompt and its target.
  package static func hashes(of task: BuiltTask, _ index: Int) -> (document: String, prompt: String, target: String) {
    var context = ""
    if case .document(let document) = task.prompts[index].content { context = document.requests.first?.context ?? "" }
    return (
      SHA256.hex(PythonText.json(task.documents[index])), SHA256.hex(context),
      SHA256.hex(PythonText.of(task.targets[index]))
    )
  }

  /// The name of all a task's samples, the same for the same documents, prompts and targets.
  static func hash(of task: BuiltTask) -> String {
    let pipelines = Set(task.metrics.map(\.pipeline.name)).count
    let once = task.prompts.indices.map { index in
      let hashes = hashes(of: task, index)
      return hashes.document + hashes.prompt + hashes.target
    }.joined()
    return SHA256.hex(String(repeating: once, count: max(1, pipelines)))
  }
}
