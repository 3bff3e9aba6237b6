internal import Evaluation

/// A leaderboard for spreadsheets and scripts: a line for each model, full precision, empty where there is nothing.
struct LeaderboardCSV {
  let text: String

  init(_ record: ScoreRecord) {
    let board = Leaderboard(record)
    var series: [(task: String, metric: String)] = []
    for task in record.models.flatMap(\.tasks) {
      for metric in task.metrics where !series.contains(where: { $0 == (task.task, metric.metric) }) {
        series.append((task.task, metric.metric))
      }
    }
    let isCompared = record.against != nil
    func header(_ name: String) -> [String] {
      [name, name + ".stderr"]
        + (isCompared
          ? [".difference", ".difference.low", ".difference.high", ".p", ".p_holm", ".p_max"].map { name + $0 } : [])
    }
    var lines = [["model"] + header("mean") + series.flatMap { header("\($0.task).\($0.metric)") }]
    for row in board.rows {
      let model = record.models.first { $0.model == row.model }
      func cells(_ score: Score?, _ difference: Difference?) -> [String] {
        [Self.number(score?.value), Self.number(score?.standardError)]
          + (isCompared
            ? [
              difference?.value, difference?.low, difference?.high, difference?.test?.probability,
              difference?.test?.holm, difference?.test?.maximum,
            ].map(Self.number) : [])
      }
      var line = [row.model] + cells(row.mean?.score, row.mean?.difference)
      for (task, metric) in series {
        let score = model?.tasks.first { $0.task == task }?.metrics.first { $0.metric == metric }
        line += cells(score?.score, score?.difference)
      }
      lines.append(line)
    }
    text = lines.map { $0.map(Self.quoted).joined(separator: ",") + "\n" }.joined()
  }

  private static func number(_ value: Double?) -> String { value.map { $0.isFinite ? "\($0)" : "" } ?? "" }

  /// The field in quotes where it needs them (RFC 4180).
  private static func quoted(_ field: String) -> String {
    guard field.utf8.contains(where: { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }) else { return field }
    return "\"" + field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}
