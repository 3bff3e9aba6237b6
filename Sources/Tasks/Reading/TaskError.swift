public import Documents

/// Everything that is wrong with tasks.
public struct TaskError: Error, Sendable, CustomStringConvertible {
  /// The faults, with their places.
  public var diagnostics: [Diagnostic]
  /// The texts that the diagnostics point into, by the names of their files.
  var texts: [String: String] = [:]

  /// Collects faults.
  init(_ diagnostics: [Diagnostic], texts: [String: String] = [:]) {
    self.diagnostics = diagnostics
    self.texts = texts
  }

  /// A fault without a place in a file.
  init(file: String, _ message: String, hint: String? = nil) {
    diagnostics = [Diagnostic(.error, file: file, message, hint: hint)]
  }

  /// A fault at a place.
  init(at place: TaskPlace, _ message: String, hint: String? = nil) {
    diagnostics = [Diagnostic(.error, file: place.file, at: place.position, message, hint: hint)]
  }

  /// The faults one below the other, each with its line.
  public var description: String { diagnostics.map { $0.rendered(text: texts[$0.file]) }.joined(separator: "\n") }
}
