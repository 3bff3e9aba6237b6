internal import Evaluation

/// What a reader must know to read a leaderboard rightly, one sentence or two a line.
struct Legend {
  let lines: [String]

  init(_ board: Leaderboard, _ record: ScoreRecord) {
    var lines: [String] = []
    if !board.rows.isEmpty {
      lines.append(Self.metrics(board))
      lines.append(Self.marks(board))
      let isUnanimous = board.rows.contains { $0.scores.contains { $0?.score.standardError == 0 } }
      if isUnanimous { lines.append("± of zero says only that all prompts of the task came out alike.") }
      if let selection = record.selection { lines += Self.selection(selection, board) }
    }
    lines += Self.notes(record)
    // Diagnostics with their source lines were shown when they came up.
    lines += record.failures.map { failure in
      let message = failure.message.split(separator: "\n").first.map(String.init) ?? ""
      return "failed: \(failure.model): \(message)"
    }
    self.lines = lines
  }

  private static func metrics(_ board: Leaderboard) -> String {
    var order: [String] = []
    for column in board.columns where !order.contains(column.metric) { order.append(column.metric) }
    let parts = order.map { metric in
      let columns = board.columns.filter { $0.metric == metric }
      let lower = columns.contains(where: \.isLowerBetter) ? ", lower is better" : ""
      return "\(metric)\(lower): \(columns.map(\.task).joined(separator: ", "))"
    }
    let tasks = board.rows.lazy.compactMap(\.mean?.tasks).first ?? 0
    let mean = tasks > 1 ? ". mean: of the \(tasks) accuracies, each task counting alike" : ""
    return parts.joined(separator: "; ") + mean + "."
  }

  private static func marks(_ board: Leaderboard) -> String {
    var marks = "± standard error"
    if board.rows.count > 1 { marks += ", * best of the column" }
    if let reference = board.reference, board.rows.contains(where: { $0.scores.contains { $0?.difference != nil } }) {
      marks += "; differences to \(reference) on the same prompts with the 95 % interval of a paired bootstrap "
      marks += "(10 000 resamples)"
      let columns = board.rows.flatMap { row in row.scores.map { $0?.difference } + [row.mean?.difference] }
      if columns.contains(where: { $0?.test != nil }) {
        marks += "; p: alone (McNemar's mid-p for accuracies)/corrected for the number of models (maximum statistic); "
        marks += "below the mean's difference the corrected one"
      } else {
        marks += ", p: McNemar's test, mid-p"
      }
    }
    return marks + "."
  }

  /// Of many candidates the luckiest wins: its score is biased upwards by luck alone.
  private static func selection(_ selection: SelectionSummary, _ board: Leaderboard) -> [String] {
    let score = selection.task.map { "score in \($0)" } ?? "mean"
    let excess = Figures.plain(selection.optimism)
    let loss = excess == Figures.plain(0) ? "hardly" : "about \(excess)"
    var lines = [
      "\(selection.best) was picked as the best of \(selection.candidates) by these prompts: on others its \(score) is "
        + "expected to be \(loss) worse. Choose on one split, report on another."
    ]
    if let detectable = selection.detectable, let reference = board.reference {
      lines.append(
        "With this number of prompts a true difference to \(reference) of less than \(Figures.plain(detectable)) would "
          + "be missed more often than one time in five.")
    }
    return lines
  }

  /// Prompts that were not put or answered as they stand.
  private static func notes(_ record: ScoreRecord) -> [String] {
    let kinds: [(KeyPath<AnswerNotes, Int>, String)] = [
      (\.truncated, "Prompts whose front did not fit into the model"),
      (\.cutOff, "Generations that were cut off at the limit of new tokens"),
      (\.reencoded, "Prompts with a choice that vanished into the query's last token and was encoded alone"),
    ]
    return kinds.compactMap { path, words in
      let parts = record.models.compactMap { model in
        let tasks = model.tasks.filter { $0.notes[keyPath: path] > 0 }.map { task in
          "\(task.task) \(task.notes[keyPath: path])/\(task.metrics.first?.score.count ?? 0)"
        }
        return tasks.isEmpty ? nil : "\(model.model) (\(tasks.joined(separator: ", ")))"
      }
      return parts.isEmpty ? nil : "\(words): \(parts.joined(separator: ", "))."
    }
  }
}
