import Foundation

/// What goes to standard error: talk, not results.
enum Terminal {
  /// Whether a person is watching standard error.
  static let isWatched = isatty(STDERR_FILENO) == 1

  /// Writes a line.
  static func note(_ line: String) { write(line + "\n") }

  /// Writes text as it is.
  static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
