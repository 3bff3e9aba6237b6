/// Texts from untrusted files as a terminal may get them.
public enum PrintableText {
  /// The text on one line and not endless; whatever could move a cursor or hide what follows is spelt out.
  ///
  /// - Parameter limit: how many Unicode scalars are shown before an ellipsis.
  public static func of(_ text: String, limit: Int = 120) -> String {
    let scalars = text.unicodeScalars
    var visible = String.UnicodeScalarView()
    for scalar in scalars.prefix(limit) {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate:
        visible.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
      default: visible.append(scalar)
      }
    }
    return String(visible) + (scalars.dropFirst(limit).isEmpty ? "" : "…")
  }

  /// The same in quotes.
  public static func quoted(_ text: String) -> String { "\"" + of(text) + "\"" }
}
