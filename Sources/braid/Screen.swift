import Comparisons
import Evaluation
import Foundation
import Reports

/// What goes to standard output: results, as wide as the terminal and in its type if there is one.
enum Screen {
  private static let isTerminal = isatty(STDOUT_FILENO) == 1

  /// How many characters fit on a line; 100 where nobody can say.
  static var width: Int {
    var size = winsize()
    guard isTerminal, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col >= 40 else { return 100 }
    return Int(size.ws_col)
  }

  /// Whether results may be in colour and in bold type; see https://no-color.org.
  private static var isStyled: Bool {
    isTerminal && ProcessInfo.processInfo.environment["NO_COLOR"]?.isEmpty != false
  }

  /// Scores as tables.
  static func rendered(_ record: ScoreRecord, showsTaskDifferences: Bool = true) -> String {
    Report(record, width: width, isStyled: isStyled, showsTaskDifferences: showsTaskDifferences).rendered(as: .text)
  }

  /// A comparison as tables and maps.
  static func rendered(_ comparison: ModelComparison, top: Int) -> String {
    ComparisonReport(comparison, width: width, isStyled: isStyled, top: top).text
  }
}
