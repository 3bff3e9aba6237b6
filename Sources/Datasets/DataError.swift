/// Why data cannot be read.
public struct DataError: Error, Hashable, CustomStringConvertible {
  /// The file, as the user or the task named it.
  public var file: String
  /// Where in the file, in the file's own terms: `line 3`, `row group 2, column text`.
  public var place: String?
  /// What is wrong and what was expected.
  public var message: String
  /// What to do about it.
  public var hint: String?

  /// Makes an error.
  public init(file: String, place: String? = nil, _ message: String, hint: String? = nil) {
    self.file = file
    self.place = place
    self.message = message
    self.hint = hint
  }

  /// The error with its place and hint.
  public var description: String {
    file + (place.map { ", \($0)" } ?? "") + ": " + message + (hint.map { "\n  \($0)" } ?? "")
  }
}
