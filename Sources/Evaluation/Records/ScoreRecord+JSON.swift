public import Documents

extension ScoreRecord {
  /// The record as `--json` prints it:
  /// `{"models":[{"model","tasks":{TASK:{METRIC:{"value","stderr","n"}}}}]}`, with a `difference` beside each value
  /// and the name `against` where models are compared.
  public var json: JSONValue {
    var members: [(key: String, value: JSONValue)] = [("models", .array(models.map(\.json)))]
    if let against { members.append(("against", .string(against))) }
    if let selection { members.append(("selection", selection.json)) }
    if !options.isEmpty { members.append(("options", .array(options.map { .string($0) }))) }
    if !failures.isEmpty {
      members.append(
        (
          "failed",
          .array(failures.map { .object([("model", .string($0.model)), ("error", .string($0.message))]) })
        ))
    }
    return .object(members)
  }

  /// Reads a record that `json` wrote.
  public init(json node: JSONNode) throws(RecordError) {
    guard let models = node["models"]?.array else {
      throw RecordError(message: "the record has no array \"models\"")
    }
    self.init(
      models: [], against: node["against"]?.string, selection: node["selection"].flatMap(SelectionSummary.init(json:)))
    options = (node["options"]?.array ?? []).compactMap(\.string)
    for model in models { self.models.append(try ModelScores(json: model)) }
    for failure in node["failed"]?.array ?? [] {
      failures.append(
        ModelFailure(model: failure["model"]?.string ?? "?", message: failure["error"]?.string ?? "unknown error"))
    }
  }
}

extension ModelScores {
  /// The model's part of a record.
  public var json: JSONValue {
    var members: [(key: String, value: JSONValue)] = [
      ("model", .string(model)),
      (
        "tasks",
        .object(
          tasks.map { task in
            (task.task, .object(task.metrics.map { ($0.metric, .object($0.score.members + $0.difference.members)) }))
          })
      ),
    ]
    if let mean {
      let summary = mean.score.members + [("tasks", .integer(mean.tasks))] + mean.difference.members
      members.append(("mean", .object(summary)))
    }
    if let chatTemplate { members.append(("chat_template", .string(chatTemplate))) }
    let noted = tasks.filter { !$0.notes.isEmpty }
    if !noted.isEmpty { members.append(("notes", .object(noted.map { ($0.task, $0.notes.json) }))) }
    return .object(members)
  }

  /// Reads a model's part of a record.
  public init(json node: JSONNode) throws(RecordError) {
    guard let model = node["model"]?.string, let tasks = node["tasks"]?.object else {
      throw RecordError(message: "a model of the record needs the keys \"model\" and \"tasks\"")
    }
    self.init(model: model, tasks: [])
    chatTemplate = node["chat_template"]?.string
    for task in tasks {
      var scores = TaskScores(task: task.key, metrics: [], notes: AnswerNotes(json: node["notes"]?[task.key]))
      for metric in task.node.object ?? [] {
        guard let score = Score(json: metric.node) else {
          throw RecordError(message: "\(model), \(task.key): \(metric.key) needs \"value\", \"stderr\" and \"n\"")
        }
        scores.metrics.append(
          MetricScore(metric: metric.key, score: score, difference: Difference(json: metric.node["difference"])))
      }
      self.tasks.append(scores)
    }
    if let mean = node["mean"], let score = Score(json: mean) {
      self.mean = MeanScore(
        score: score, tasks: mean["tasks"]?.int ?? 0, difference: Difference(json: mean["difference"]))
    }
  }
}

extension Score {
  fileprivate var members: [(key: String, value: JSONValue)] {
    [("value", .number(value)), ("stderr", standardError.map { .number($0) } ?? .null), ("n", .integer(count))]
  }

  fileprivate init?(json node: JSONNode) {
    guard let count = node["n"]?.int, let value = node["value"] else { return nil }
    // A value that was not finite was written as null.
    self.init(value: value.double ?? .nan, standardError: node["stderr"]?.double, count: count)
  }
}

extension Difference? {
  fileprivate var members: [(key: String, value: JSONValue)] {
    guard let self else { return [] }
    var members: [(key: String, value: JSONValue)] = [
      ("value", .number(self.value)), ("stderr", self.standardError.map { .number($0) } ?? .null),
      ("low", .number(self.low)), ("high", .number(self.high)),
    ]
    if let test = self.mcNemar {
      members.append(
        (
          "mcnemar",
          .object([
            ("wins", .integer(test.wins)), ("losses", .integer(test.losses)), ("p", .number(test.exact)),
            ("mid_p", .number(test.midP)),
          ])
        ))
    }
    if let detectable = self.detectable { members.append(("detectable", .number(detectable))) }
    if let test = self.test {
      members += [
        ("p", .number(test.probability)), ("p_holm", .number(test.holm)), ("p_max", .number(test.maximum)),
      ]
    }
    return [("difference", .object(members))]
  }
}

extension Difference {
  fileprivate init?(json node: JSONNode?) {
    guard let node, let value = node["value"]?.double, let low = node["low"]?.double, let high = node["high"]?.double
    else { return nil }
    var test: McNemar?
    if let counts = node["mcnemar"], let wins = counts["wins"]?.int, let losses = counts["losses"]?.int,
      // A count read from a file bounds a loop.
      (0...100_000_000).contains(wins), (0...100_000_000).contains(losses)
    {
      test = McNemar(wins: wins, losses: losses)
    }
    self.init(value: value, standardError: node["stderr"]?.double, low: low, high: high, mcNemar: test)
    if let probability = node["p"]?.double, let holm = node["p_holm"]?.double, let maximum = node["p_max"]?.double {
      self.test = DifferenceTest(probability: probability, holm: holm, maximum: maximum)
    }
  }
}

extension AnswerNotes {
  fileprivate var json: JSONValue {
    .object([
      ("truncated", .integer(truncated)), ("cut_off", .integer(cutOff)), ("reencoded", .integer(reencoded)),
    ])
  }

  fileprivate init(json node: JSONNode?) {
    self.init(
      truncated: node?["truncated"]?.int ?? 0, cutOff: node?["cut_off"]?.int ?? 0,
      reencoded: node?["reencoded"]?.int ?? 0)
  }
}

extension SelectionSummary {
  fileprivate var json: JSONValue {
    .object(
      [
        ("candidates", .integer(candidates)), ("best", .string(best)),
        ("by", .string(task ?? "mean")), ("optimism", .number(optimism)),
      ] + (detectable.map { [("detectable", .number($0))] } ?? []))
  }

  fileprivate init?(json node: JSONNode) {
    guard let candidates = node["candidates"]?.int, let best = node["best"]?.string,
      let optimism = node["optimism"]?.double
    else { return nil }
    let task = node["by"]?.string
    self.init(
      candidates: candidates, best: best, task: task == "mean" ? nil : task, optimism: optimism,
      detectable: node["detectable"]?.double)
  }
}
