internal import Datasets
internal import Evaluation
internal import Documents

/// Tasks that are summed up together.
public struct TaskGroup: Sendable {
  /// A metric of the group, made of its tasks' metrics.
  struct Aggregate: Sendable {
    var metric: String
    /// The filter pipelines; nil for all that the tasks have.
    var filters: [String]?
    var isWeighted: Bool
  }

  /// The group's name.
  public let name: String
  let alias: String?
  /// The names of the tasks and groups directly within.
  let children: [String]
  /// The names of all tasks within, in order.
  let leaves: [String]
  let aggregates: [Aggregate]
  let version: DataValue?
  let place: TaskPlace

  /// The group's own scores from those of its tasks; nil if it sums nothing up.
  ///
  /// The mean is weighted by the tasks' documents unless the group says otherwise. Its standard error is pooled,
  /// √(Σ (nₖ−1)·nₖ·seₖ² / (N−K) / N), or that of a plain mean, √(Σ seₖ²) / K.
  /// Source: lm-evaluation-harness 0.4.13, `Group.aggregate`.
  func scores(from tasks: [TaskScores]) -> TaskScores? {
    let members = leaves.compactMap { leaf in tasks.first { $0.task == leaf } }
    var metrics: [MetricScore] = []
    for aggregate in aggregates {
      for filter in aggregate.filters ?? Self.filters(of: aggregate.metric, in: members) {
        let key = filter == FilterPipeline.plain.name ? aggregate.metric : "\(aggregate.metric),\(filter)"
        let scores = members.compactMap { task in task.metrics.first { $0.metric == key }?.score }
        guard !scores.isEmpty else { continue }
        metrics.append(MetricScore(metric: key, score: Self.pooled(scores, isWeighted: aggregate.isWeighted)))
      }
    }
    return metrics.isEmpty ? nil : TaskScores(task: name, metrics: metrics)
  }

  private static func filters(of metric: String, in tasks: [TaskScores]) -> [String] {
    var filters: Set<String> = []
    for score in tasks.flatMap(\.metrics) {
      if score.metric == metric { filters.insert(FilterPipeline.plain.name) }
      if score.metric.hasPrefix(metric + ",") { filters.insert(String(score.metric.dropFirst(metric.count + 1))) }
    }
    return filters.sorted()
  }

  static func pooled(_ scores: [Score], isWeighted: Bool) -> Score {
    let sizes = scores.map { Double($0.count) }
    let weights = isWeighted ? sizes : sizes.map { _ in 1 }
    let value = zip(scores, weights).reduce(0) { $0 + $1.0.value * $1.1 } / weights.reduce(0, +)
    let total = sizes.reduce(0, +)
    var error: Double?
    let errors = scores.compactMap(\.standardError)
    if errors.count == scores.count {
      if isWeighted {
        let squares = zip(errors, sizes).reduce(0) { $0 + ($1.1 - 1) * $1.0 * $1.0 * $1.1 }
        error = (squares / (total - Double(scores.count)) / total).squareRoot()
      } else {
        error = errors.reduce(0) { $0 + $1 * $1 }.squareRoot() / Double(errors.count)
      }
    }
    return Score(value: value, standardError: error, count: Int(total))
  }

  /// The metrics that a group's file asks for.
  static func aggregates(_ node: TaskNode?) throws(TaskError) -> [Aggregate] {
    guard let node, !node.isNull else { return [] }
    var aggregates: [Aggregate] = []
    for item in node.list ?? [node] {
      for entry in item.entries ?? [] where !TaskKeys.aggregate.contains(entry.key) {
        throw TaskError(
          at: entry.place, "unknown key \"\(entry.key)\" in aggregate_metric_list",
          hint: TaskDecoder.hint(entry.key, TaskKeys.aggregate, "aggregate_metric_list"))
      }
      guard let metric = item["metric"]?.text else {
        throw TaskError(at: item.place, "an aggregated metric needs the key \"metric\"")
      }
      if let aggregation = item["aggregation"], aggregation.text != "mean" {
        throw TaskError(at: aggregation.place, "groups are summed up by \"mean\" alone, not by \(aggregation.kind)")
      }
      let filters = item["filter_list"].flatMap { node in
        node.text.map { [$0] } ?? node.list?.compactMap(\.text)
      }
      aggregates.append(
        Aggregate(metric: metric, filters: filters, isWeighted: item["weight_by_size"]?.bool ?? true))
    }
    return aggregates
  }
}
