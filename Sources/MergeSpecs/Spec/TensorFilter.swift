/// Which tensors a value holds for, by their names: a part of the name, letter by letter, or a regular expression
/// between slashes that matches a part of it.
public struct TensorFilter: Sendable {
  /// The filter as the spec has it.
  public let text: String
  private let test: Test

  private enum Test: Sendable {
    case part([UInt8])
    case pattern(NamePattern)
  }

  /// Reads a filter: `/…/` is a regular expression, everything else a part of names.
  init(_ text: String) throws(NamePatternError) {
    self.text = text
    test =
      Self.isPattern(text) ? .pattern(try NamePattern(String(text.dropFirst().dropLast()))) : .part(Array(text.utf8))
  }

  /// Whether a filter's text stands for a regular expression.
  static func isPattern(_ text: String) -> Bool { text.utf8.count >= 2 && text.hasPrefix("/") && text.hasSuffix("/") }

  /// Whether the filter is a regular expression.
  var isPattern: Bool { if case .pattern = test { true } else { false } }

  /// Whether matching was given up, so that what matched says nothing.
  var isExhausted: Bool { if case .pattern(let pattern) = test { pattern.isExhausted } else { false } }

  /// Whether the filter lets a tensor through.
  public func matches(_ tensor: String) -> Bool {
    switch test {
    case .part(let part): Self.occurs(part, in: Array(tensor.utf8))
    case .pattern(let pattern): pattern.occurs(in: tensor)
    }
  }

  private static func occurs(_ part: [UInt8], in whole: [UInt8]) -> Bool {
    guard !part.isEmpty else { return true }
    guard part.count <= whole.count else { return false }
    return (0...whole.count - part.count).contains { start in
      part.indices.allSatisfy { whole[start + $0] == part[$0] }
    }
  }
}
