internal import Documents

/// White space as the reference harness sees it (Python's `str.isspace`): Unicode's, and the four separators
/// U+001C to U+001F.
enum Blanks {
  /// The text in two parts: up to the last scalar that is no blank, and the blanks after it.
  static func splittingTrailing(_ text: String) -> (text: String, blanks: String) {
    let scalars = text.unicodeScalars
    guard let last = scalars.lastIndex(where: { !$0.isBlank }) else { return ("", text) }
    let end = scalars.index(after: last)
    return (String(scalars[..<end]), String(scalars[end...]))
  }

  /// Whether two texts are the same scalar by scalar; canonically equivalent spellings are different answers.
  static func areIdentical(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }
}
