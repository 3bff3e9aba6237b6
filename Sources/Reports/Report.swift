internal import Documents
public import Evaluation

/// The forms in which records are rendered.
public enum ReportFormat: String, CaseIterable, Sendable {
  /// A table for a terminal.
  case text
  /// A Markdown table.
  case md
  /// One line for each model, with every score, error and difference in a column of its own.
  case csv
  /// The record itself.
  case json
}

/// Scores rendered for people.
public struct Report: Sendable {
  /// What is rendered.
  public var record: ScoreRecord
  /// How many characters a line of a text table may have.
  public var width: Int
  /// Whether text tables may use a terminal's bold and dim type.
  public var isStyled: Bool
  /// Whether the differences in each task follow the leaderboard, if models are compared.
  public var showsTaskDifferences: Bool

  /// Makes a report.
  public init(_ record: ScoreRecord, width: Int = 100, isStyled: Bool = false, showsTaskDifferences: Bool = true) {
    self.record = record
    self.width = width
    self.isStyled = isStyled
    self.showsTaskDifferences = showsTaskDifferences
  }

  /// The report in a form, line end included.
  public func rendered(as format: ReportFormat) -> String {
    switch format {
    case .text: text
    case .md: markdown
    case .csv: LeaderboardCSV(record).text
    case .json: record.json.pretty
    }
  }

  private var text: String {
    let board = Leaderboard(record)
    let legend = Legend(board, record)
    var parts: [String] = []
    if !board.rows.isEmpty { parts.append(LeaderboardTables.scores(board).text(width: width, isStyled: isStyled)) }
    if showsTaskDifferences, let differences = LeaderboardTables.differences(board) {
      parts.append(differences.text(width: width, isStyled: isStyled))
    }
    let notes = legend.lines.map { TextTable.wrapped($0, width: width) }.joined()
    if !notes.isEmpty { parts.append(notes) }
    return parts.joined(separator: "\n")
  }

  private var markdown: String {
    let board = Leaderboard(record)
    let legend = Legend(board, record)
    var parts: [String] = []
    if !board.rows.isEmpty { parts.append(LeaderboardTables.scores(board).markdown) }
    if showsTaskDifferences, let differences = LeaderboardTables.differences(board) {
      parts.append(differences.markdown)
    }
    let notes = legend.lines.map { TextTable.escaped($0) + "\n" }.joined(separator: "\n")
    if !notes.isEmpty { parts.append(notes) }
    return parts.joined(separator: "\n")
  }
}
