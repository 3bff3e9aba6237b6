public import Documents

/// A spec that cannot be carried out, with everything that is wrong with it.
public struct MergeSpecError: Error, CustomStringConvertible {
  /// All that is to be said about the spec, warnings included.
  public var diagnostics: [Diagnostic]
  /// The text that the diagnostics point into.
  public var text: String

  /// Collects what is wrong with a spec.
  public init(diagnostics: [Diagnostic], text: String) {
    self.diagnostics = diagnostics
    self.text = text
  }

  /// All diagnostics as a compiler would print them.
  public var description: String { Self.rendered(diagnostics, text: text) }

  /// Diagnostics as a compiler would print them, one below the other.
  public static func rendered(_ diagnostics: [Diagnostic], text: String) -> String {
    diagnostics.map { $0.rendered(text: text) }.joined(separator: "\n")
  }
}
