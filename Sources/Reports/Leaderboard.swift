internal import Evaluation

/// A record as a table of models and tasks: the best mean on top, the best value of each column known.
struct Leaderboard {
  /// A task and the metric that stands for it.
  struct Column {
    var task: String
    var metric: String
    var card: MetricCard?
    var count: Int

    var isLowerBetter: Bool { card?.direction == .lowerIsBetter }
  }

  /// A model and its scores, column by column.
  struct Row {
    var model: String
    var isReference: Bool
    var mean: MeanScore?
    var scores: [MetricScore?]
  }

  let columns: [Column]
  let rows: [Row]
  let reference: String?

  init(_ record: ScoreRecord) {
    var columns: [Column] = []
    for task in record.models.flatMap(\.tasks) where !columns.contains(where: { $0.task == task.task }) {
      guard let main = task.metrics.first else { continue }
      columns.append(
        Column(
          task: task.task, metric: main.metric, card: MetricCatalog.card(main.metric), count: main.score.count))
    }
    let rows = record.models.map { model in
      Row(
        model: model.model, isReference: model.model == record.against, mean: model.mean,
        scores: columns.map { column in model.tasks.first { $0.task == column.task }?.metrics.first })
    }
    self.columns = columns
    reference = record.against
    // Without an accuracy the first task decides. Equals stay in the order in which they were asked.
    func rank(_ row: Row) -> Double {
      if let mean = row.mean?.score.value { return mean.isNaN ? -.infinity : mean }
      guard let value = row.scores.first??.score.value, !value.isNaN else { return -.infinity }
      return columns[0].isLowerBetter ? -value : value
    }
    self.rows = rows.enumerated().sorted {
      let (a, b) = (rank($0.element), rank($1.element))
      return a != b ? a > b : $0.offset < $1.offset
    }.map(\.element)
  }

  var hasMean: Bool { rows.contains { $0.mean != nil } }

  /// Whether there are differences to show beside the means.
  var hasDifferences: Bool { rows.contains { $0.mean?.difference != nil } }

  /// The best mean; marked only where there is something to choose from.
  var bestMean: Double? { rows.count > 1 ? rows.compactMap(\.mean?.score.value).filter { !$0.isNaN }.max() : nil }

  /// The best value of a column; marked only where there is something to choose from.
  func best(_ column: Int) -> Double? {
    guard rows.count > 1 else { return nil }
    let values = rows.compactMap { $0.scores[column]?.score.value }.filter { !$0.isNaN }
    return columns[column].isLowerBetter ? values.min() : values.max()
  }
}
