internal import Datasets
public import Documents
public import Evaluation

/// A model's results in the layout of lm-evaluation-harness, so that tools made for it read them.
///
/// Values and standard errors are the harness's own; see ``TaskGroup`` for groups. Source: lm-evaluation-harness
/// 0.4.13, `evaluator.py`, `evaluator_utils.py` and `loggers/evaluation_tracker.py`.
public struct HarnessResults: Sendable {
  /// What a run was like, for the record.
  public struct Run: Sendable {
    /// The model's path or name, as it was given.
    public var model: String
    /// When the run began, in seconds since 1970.
    public var start: Double
    /// How long it took, in seconds.
    public var seconds: Double
    /// How weights were held and multiplied.
    public var precision: String
    /// The program and its version.
    public var program: String
    /// The chat template that the prompts were put by.
    public var chatTemplate: String?
    /// What the system said before the prompts.
    public var system: String?

    /// Describes a run.
    public init(
      model: String, start: Double, seconds: Double, precision: String, program: String, chatTemplate: String? = nil,
      system: String? = nil
    ) {
      self.model = model
      self.start = start
      self.seconds = seconds
      self.precision = precision
      self.program = program
      self.chatTemplate = chatTemplate
      self.system = system
    }
  }

  private let suite: TaskSuite
  private let answers: [Answer]
  private let run: Run

  /// Puts results together.
  ///
  /// - Parameter answers: the model's answers to the prompts of the suite, in their order.
  public init(_ suite: TaskSuite, answers: [Answer], run: Run) {
    self.suite = suite
    self.answers = answers
    self.run = run
  }

  /// The model's name as the name of a folder.
  public var folder: String {
    var name = ""
    var isMark = false
    for character in run.model {
      if "\"<>:/|\\?*[]".contains(character) {
        if !isMark { name += "__" }
        isMark = true
      } else {
        name.append(character)
        isMark = false
      }
    }
    return name
  }

  // MARK: Scores

  /// A metric of a task with the harness's standard error.
  package struct TaskScore {
    package var key: String
    package var errorKey: String
    package var value: Double
    package var error: Double?
    var count: Int
  }

  /// The scores of each task, in order.
  ///
  /// - Parameter resamples: how many resamples make a standard error, where one is made that way.
  package func scores(resamples: Int = 100_000) -> [[TaskScore]] {
    var start = 0
    return suite.tasks.map { task in
      let own = Array(zip(task.prompts, answers[start..<start + task.prompts.count]))
      start += task.prompts.count
      return task.metrics.map { metric in
        let observations = own.compactMap { metric.observe($0.1, to: $0.0) }
        let sums = observations.first.map { first in
          observations.reduce(into: [Double](repeating: 0, count: first.terms.count)) { sums, observation in
            for index in sums.indices { sums[index] += observation.terms[index] }
          }
        }
        return TaskScore(
          key: "\(metric.name),\(metric.pipeline.name)", errorKey: "\(metric.name)_stderr,\(metric.pipeline.name)",
          value: sums.map(metric.value(ofSums:)) ?? .nan,
          error: HarnessErrors.standardError(metric, observations, resamples: resamples), count: observations.count)
      }
    }
  }

  /// The document `results_<time>.json`.
  public var json: JSONValue {
    let scores = scores()
    var results: [(key: String, value: JSONValue)] = []
    var records: [TaskScores] = []
    for (task, scores) in zip(suite.tasks, scores) {
      var members: [(key: String, value: JSONValue)] = [
        ("name", .string(task.name)), ("alias", .string(task.configuration.alias ?? task.name)),
        ("sample_len", .integer(task.prompts.count)),
      ]
      for score in scores {
        members.append((score.key, .number(score.value)))
        members.append((score.errorKey, score.error.map { .number($0) } ?? .string("N/A")))
      }
      results.append((task.name, .object(members)))
      records.append(
        TaskScores(
          task: task.name,
          metrics: zip(task.metrics, scores).map { metric, score in
            MetricScore(
              metric: metric.card.name,
              score: Score(value: score.value, standardError: score.error, count: task.prompts.count))
          }))
    }
    var groups: [(key: String, value: JSONValue)] = []
    for group in suite.groups {
      let members = self.members(of: group, records)
      results.append((group.name, .object(members)))
      if !group.aggregates.isEmpty { groups.append((group.name, .object(members))) }
    }
    var document: [(key: String, value: JSONValue)] = [("results", .object(results))]
    if !groups.isEmpty { document.append(("groups", .object(groups))) }
    return .object(document + description)
  }

  private func members(of group: TaskGroup, _ records: [TaskScores]) -> [(key: String, value: JSONValue)] {
    var members: [(key: String, value: JSONValue)] = [
      ("alias", .string(group.alias ?? group.name)), ("name", .string(group.name)),
    ]
    guard !group.aggregates.isEmpty else { return members }
    let count = suite.tasks.filter { group.leaves.contains($0.name) }.reduce(0) { $0 + $1.prompts.count }
    members.append(("sample_len", .integer(count)))
    var counts: [(key: String, value: JSONValue)] = []
    for metric in group.scores(from: records)?.metrics ?? [] {
      let parts = metric.metric.split(separator: ",", maxSplits: 1).map(String.init)
      let filter = parts.count > 1 ? parts[1] : FilterPipeline.plain.name
      members.append(("\(parts[0]),\(filter)", .number(metric.score.value)))
      members.append(
        ("\(parts[0])_stderr,\(filter)", metric.score.standardError.map { .number($0) } ?? .string("N/A")))
      counts.append(("\(parts[0]),\(filter)", .integer(metric.score.count)))
    }
    if !counts.isEmpty { members.append(("sample_count", .object(counts))) }
    return members
  }

  // MARK: Description

  private var description: [(key: String, value: JSONValue)] {
    let tasks = suite.tasks.sorted { $0.name < $1.name }
    var shots = tasks.map { ($0.name, $0.exampleCount) }
    for group in suite.groups {
      let counts = Set(group.children.compactMap { child in shots.first { $0.0 == child }?.1 })
      if counts.count == 1, let count = counts.first { shots.append((group.name, count)) }
    }
    shots.sort { $0.0 < $1.0 }
    return [
      ("group_subtasks", .object(suite.groups.map { ($0.name, .array($0.children.map { .string($0) })) })),
      ("configs", .object(tasks.map { ($0.name, configuration(of: $0)) })),
      ("versions", .object(tasks.map { ($0.name, $0.configuration.version?.json ?? .string("Yaml")) })),
      ("n-shot", .object(shots.map { ($0.0, .integer($0.1)) })),
      (
        "higher_is_better",
        .object(
          tasks.map { task in
            var seen: Set<String> = []
            let metrics = task.metrics.filter { seen.insert($0.name).inserted }
            return (task.name, .object(metrics.map { ($0.name, .bool($0.card.direction == .higherIsBetter)) }))
          })
      ),
      (
        "n-samples",
        .object(
          suite.tasks.map { task in
            (
              task.name,
              .object([
                ("original", .integer(task.documentCount)), ("effective", .integer(task.prompts.count)),
              ])
            )
          })
      ),
      (
        "config",
        .object([
          ("model", .string("braid")),
          ("model_args", .object([("pretrained", .string(run.model)), ("dtype", .string(run.precision))])),
          ("model_dtype", .string(run.precision)), ("batch_size", .string("auto")), ("batch_sizes", .array([])),
          ("device", .string("cpu")), ("use_cache", .null),
          ("limit", suite.options.limit.map { .integer($0) } ?? .null),
          ("bootstrap_iters", .integer(HarnessErrors.resamples)), ("gen_kwargs", .null), ("random_seed", .integer(0)),
          ("numpy_seed", .integer(1234)), ("torch_seed", .integer(1234)),
          ("fewshot_seed", .integer(ExampleSampler.defaultSeed)),
        ])
      ),
      ("git_hash", .null), ("date", .number(run.start)), ("pretty_env_info", .string(run.program)),
      ("task_hashes", .object(suite.tasks.map { ($0.name, .string(HarnessSamples.hash(of: $0))) })),
      ("model_source", .string("braid")), ("model_name", .string(run.model)), ("model_name_sanitized", .string(folder)),
      ("system_instruction", run.system.map { .string($0) } ?? .null),
      ("system_instruction_sha", run.system.map { .string(SHA256.hex($0)) } ?? .null),
      ("fewshot_as_multiturn", run.chatTemplate == nil ? .null : .bool(suite.options.style.isMultiTurn)),
      ("chat_template", run.chatTemplate.map { .string($0) } ?? .null),
      ("chat_template_sha", run.chatTemplate.map { .string(SHA256.hex($0)) } ?? .null),
      ("start_time", .number(run.start)),
      ("end_time", .number(run.start + run.seconds)),
      ("total_evaluation_time_seconds", .string(String(run.seconds))),
    ]
  }

  /// The task's keys as they stand, with the number of examples as it was.
  private func configuration(of task: BuiltTask) -> JSONValue {
    var fields = task.configuration.dump.filter { $0.name != "num_fewshot" }
    fields.append(DataField("num_fewshot", .integer(task.exampleCount)))
    return DataValue.record(fields).json
  }

  // MARK: Samples

  /// The lines of `samples_<task>_<time>.jsonl` for each task.
  public func samples() -> [(task: String, lines: [String])] {
    var start = 0
    return suite.tasks.map { task in
      let own = Array(answers[start..<start + task.prompts.count])
      start += task.prompts.count
      return (task.name, HarnessSamples.lines(of: task, answers: own))
    }
  }
}
