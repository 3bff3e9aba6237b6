internal import Evaluation

/// The tables that a leaderboard is shown as.
enum LeaderboardTables {
  /// Models and their scores: mean, difference to the reference, one column for each task.
  static func scores(_ board: Leaderboard) -> TextTable {
    var columns = [TextTable.Column(title: ["model", "prompts"], isText: true)]
    if board.hasMean { columns.append(TextTable.Column(title: ["mean", ""])) }
    if board.hasDifferences {
      columns.append(TextTable.Column(title: ["vs \(board.reference ?? "")", ""]))
    }
    for column in board.columns {
      columns.append(
        TextTable.Column(title: [column.task + (column.isLowerBetter ? "↓" : ""), String(column.count)]))
    }
    let bestMean = board.bestMean
    let best = board.columns.indices.map(board.best)
    let rows = board.rows.map { row in
      var cells = [TextTable.Cell(row.model)]
      if board.hasMean {
        cells.append(
          row.mean.map { cell($0.score, isBest: $0.score.value == bestMean) } ?? .init("–"))
      }
      if board.hasDifferences { cells.append(differenceCell(row)) }
      for (index, score) in row.scores.enumerated() {
        cells.append(score.map { cell($0.score, isBest: $0.score.value == best[index]) } ?? .init("–"))
      }
      return cells
    }
    return TextTable(columns: columns, rows: rows)
  }

  /// The differences in each task with their intervals and p-values, or nil if nothing is compared.
  static func differences(_ board: Leaderboard) -> TextTable? {
    let rows = board.rows.filter { row in row.scores.contains { $0?.difference != nil } && !row.isReference }
    guard let reference = board.reference, !rows.isEmpty else { return nil }
    var columns = [TextTable.Column(title: ["difference to \(reference)"], isText: true)]
    columns += board.columns.map { TextTable.Column(title: [$0.task + ($0.isLowerBetter ? "↓" : "")]) }
    return TextTable(
      columns: columns,
      rows: rows.map { row in
        [TextTable.Cell(row.model)]
          + row.scores.map { score in
            guard let difference = score?.difference else { return .init("–") }
            var cell = TextTable.Cell(Figures.signed(difference.value))
            cell.notes = [Figures.interval(difference)]
            if let test = difference.test {
              cell.notes.append(Figures.probability(test.probability, corrected: test.maximum))
            } else if let test = difference.mcNemar {
              cell.notes.append(Figures.probability(test.midP))
            }
            return cell
          }
      })
  }

  private static func cell(_ score: Score, isBest: Bool) -> TextTable.Cell {
    var cell = TextTable.Cell(Figures.plain(score.value))
    cell.isBest = isBest
    if let error = score.standardError { cell.notes = [Figures.error(error)] }
    return cell
  }

  private static func differenceCell(_ row: Leaderboard.Row) -> TextTable.Cell {
    guard !row.isReference, let difference = row.mean?.difference else { return .init("–") }
    var cell = TextTable.Cell(Figures.signed(difference.value))
    cell.notes = [Figures.interval(difference)]
    if let test = difference.test { cell.notes.append(Figures.probability(test.maximum)) }
    return cell
  }
}
