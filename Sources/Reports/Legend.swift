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
      // Of many candidates the luckiest wins: its score is biased upwards by luck alone.
      let candidates = board.rows.count { !$0.isReference }
      if candidates > 2 {
        lines.append(
          "The best of \(candidates) models on the same prompts looks better than it is: choose on one split, report on "
            + "another.")
      }
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
      marks += "(10 000 resamples), p: McNemar's test, mid-p"
    }
    return marks + "."
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
