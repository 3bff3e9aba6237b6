internal import Patterns

/// What two texts may differ in and still be the same: what `exact_match` is told to ignore.
package struct MatchNormalization: Sendable {
  var ignored: [PythonExpression] = []
  var ignoresCase = false
  var ignoresPunctuation = false
  var ignoresNumbers = false

  init() {}

  /// Ignores what these expressions match, and whatever else is told.
  package init(ignoring expressions: [String], case: Bool, punctuation: Bool, numbers: Bool) throws {
    for expression in expressions { ignored.append(try PythonExpression(expression)) }
    ignoresCase = `case`
    ignoresPunctuation = punctuation
    ignoresNumbers = numbers
  }

  /// The text without what does not matter; the order of the steps is the harness's.
  package func apply(_ text: String) -> String {
    var text = text
    for expression in ignored { text = (try? expression.removingMatches(from: text)) ?? text }
    if ignoresCase { text = text.lowercased() }
    if ignoresPunctuation { text = String(text.unicodeScalars.filter { !Self.punctuation.contains($0) }) }
    if ignoresNumbers { text = String(text.unicodeScalars.filter { !("0"..."9").contains($0) }) }
    return text
  }

  /// Python's `string.punctuation`.
  static let punctuation = Set("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~".unicodeScalars)
}
