internal import Documents
internal import Evaluation
internal import Patterns

/// The metrics that a task asks for.
enum TaskMetrics {
  /// Which metrics each kind of request allows; those without a list of its own come first.
  private static let allowed: [TaskConfiguration.OutputType: [(name: String, kind: TaskMetric.Kind)]] = [
    .multipleChoice: [
      ("acc", .accuracy), ("acc_norm", .normalizedAccuracy), ("acc_bytes", .byteAccuracy),
      ("acc_mutual_info", .mutualInformation), ("exact_match", .exactMatch), ("f1", .f1), ("mcc", .matthews),
      ("brier_score", .brier),
    ],
    .likelihood: [("perplexity", .perplexity), ("acc", .accuracy)],
    .rolling: [
      ("word_perplexity", .wordPerplexity), ("byte_perplexity", .bytePerplexity), ("bits_per_byte", .bitsPerByte),
    ],
    .generateUntil: [("exact_match", .exactMatch), ("bleu", .bleu), ("chrf", .chrF), ("ter", .ter)],
  ]
  /// How many of those a task has that names none.
  private static let defaults: [TaskConfiguration.OutputType: Int] = [
    .multipleChoice: 2, .likelihood: 2, .rolling: 3, .generateUntil: 1,
  ]
  /// What each metric is summed up by; any other aggregation is refused.
  static func aggregations(_ kind: TaskMetric.Kind) -> [String] {
    switch kind {
    case .perplexity: ["perplexity"]
    case .wordPerplexity, .bytePerplexity: ["weighted_perplexity"]
    case .bitsPerByte: ["bits_per_byte"]
    case .f1: ["f1"]
    case .matthews: ["matthews_corrcoef"]
    case .brier: ["brier_score"]
    case .bleu: ["bleu"]
    case .chrF: ["chrf"]
    case .ter: ["ter"]
    default: ["mean", "nanmean"]
    }
  }

  /// The task's metrics, for each of its pipelines.
  static func metrics(of task: TaskConfiguration) throws(TaskError) -> [TaskMetric] {
    var pipelines: [FilterPipeline] = []
    for pipeline in task.pipelines ?? [] { pipelines.append(try FilterPipeline(pipeline)) }
    if pipelines.isEmpty { pipelines = [.plain] }
    let allowed = allowed[task.outputType] ?? []
    var templates: [TaskMetric] = []
    if let requests = task.metrics {
      for request in requests { templates.append(try metric(request, of: task, allowed: allowed)) }
    } else {
      for (name, kind) in allowed.prefix(defaults[task.outputType] ?? 1) {
        templates.append(make(name, kind, normalization: MatchNormalization(), higherIsBetter: nil, hook: nil))
      }
    }
    return pipelines.flatMap { pipeline in
      templates.map { metric in
        TaskMetric(
          name: metric.name, kind: metric.kind, pipeline: pipeline, card: metric.card,
          normalization: metric.normalization, hook: metric.hook)
      }
    }
  }

  private static func metric(
    _ request: TaskConfiguration.MetricRequest, of task: TaskConfiguration,
    allowed: [(name: String, kind: TaskMetric.Kind)]
  ) throws(TaskError) -> TaskMetric {
    if let hook = task.resultHook, hook.judge != nil {
      return make(
        request.name, .hook, normalization: MatchNormalization(), higherIsBetter: request.higherIsBetter, hook: hook)
    }
    guard let kind = allowed.first(where: { $0.name == request.name })?.kind else {
      let names = allowed.map(\.name)
      throw TaskError(
        at: request.place, "there is no metric \"\(request.name)\" for \(task.outputType.rawValue)",
        hint: NearestName.of(request.name, in: names).map { "did you mean \"\($0)\"?" }
          ?? "the metrics are: \(names.joined(separator: ", "))")
    }
    let aggregations = aggregations(kind)
    if let aggregation = request.aggregation, !aggregations.contains(aggregation) {
      throw TaskError(
        at: request.place, "\"\(request.name)\" cannot be summed up by \"\(aggregation)\"",
        hint: "its aggregation is \(aggregations[0])")
    }
    return make(
      request.name, kind, normalization: try normalization(request, kind: kind),
      higherIsBetter: request.higherIsBetter, hook: nil)
  }

  private static func make(
    _ name: String, _ kind: TaskMetric.Kind, normalization: MatchNormalization, higherIsBetter: Bool?, hook: Hook?
  ) -> TaskMetric {
    var card =
      HarnessCards.card(name)
      ?? MetricCard(
        name: name, direction: .higherIsBetter, unit: "mean", summary: "as the hook \(hook?.name ?? "") judges")
    if let higherIsBetter { card.direction = higherIsBetter ? .higherIsBetter : .lowerIsBetter }
    // A hook's values may lie between zero and one.
    if kind == .hook { card.isAccuracy = name == "exact_match" }
    return TaskMetric(
      name: name, kind: kind, pipeline: .plain, card: card, normalization: normalization, hook: hook)
  }

  private static let matchOptions = [
    "ignore_case", "ignore_numbers", "ignore_punctuation", "regexes_to_ignore", "multi_targets",
  ]

  private static func normalization(
    _ request: TaskConfiguration.MetricRequest, kind: TaskMetric.Kind
  ) throws(TaskError) -> MatchNormalization {
    var normalization = MatchNormalization()
    for option in request.options {
      guard kind == .exactMatch, matchOptions.contains(option.key) else {
        // The harness hands unknown options of other metrics on, and they change nothing.
        if kind != .exactMatch { continue }
        throw TaskError(
          at: option.place, "exact_match has no option \"\(option.key)\"",
          hint: NearestName.of(option.key, in: matchOptions).map { "did you mean \"\($0)\"?" })
      }
      switch option.key {
      case "ignore_case": normalization.ignoresCase = option.value.bool ?? false
      case "ignore_punctuation": normalization.ignoresPunctuation = option.value.bool ?? false
      case "ignore_numbers": normalization.ignoresNumbers = option.value.bool ?? false
      case "regexes_to_ignore":
        for item in option.value.list ?? [] {
          do throws(RegularExpressionError) {
            normalization.ignored.append(try PythonExpression(item.text ?? ""))
          } catch {
            throw TaskError(at: item.place, "the regular expression cannot be read: \(error.message)")
          }
        }
      default: break
      }
    }
    return normalization
  }
}
