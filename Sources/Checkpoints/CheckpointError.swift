/// Why a checkpoint or a model folder cannot be read or written: what happened, to which file, and what to do.
public struct CheckpointError: Error, Hashable, CustomStringConvertible {
  /// What kind of failure it is.
  public enum Code: Sendable {
    /// There is no such file or folder, or nothing in it that could be read.
    case missing
    /// The operating system refuses to read or write.
    case unreadable
    /// No format recognises the file.
    case unrecognized
    /// A weight file breaks the rules of its format; `format` says where.
    case malformed
    /// The files of a checkpoint contradict each other, or a text beside the weights is not what it should be.
    case inconsistent
    /// Something stands where the output should go, or another process is writing there.
    case occupied
    /// What was asked for cannot be done.
    case refused
  }

  /// What kind of failure it is.
  public var code: Code
  /// The file or folder it is about.
  public var path: String
  /// What happened.
  public var message: String
  /// What to do about it, where there is something.
  public var hint: String?
  /// The place in a malformed file.
  public var format: FormatError?

  /// Makes an error about a file.
  public init(_ code: Code, path: String, _ message: String, hint: String? = nil) {
    self.code = code
    self.path = path
    self.message = message
    self.hint = hint
  }

  /// Wraps a format's error.
  public init(_ error: FormatError) {
    self.init(.malformed, path: error.file, error.detail)
    format = error
  }

  /// The error as one line, and the hint as a second.
  public var description: String { "\(path): \(message)" + (hint.map { "\n  \($0)" } ?? "") }
}
