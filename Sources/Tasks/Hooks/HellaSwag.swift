internal import Documents
internal import Datasets
internal import Patterns

extension Hook {
  /// HellaSwag: the activity and both parts of the context in one text, without the traces of WikiHow.
  static let hellaswag = Hook(
    name: "hellaswag", summary: "HellaSwag's query, choices and gold, without WikiHow's marks", tasks: ["hellaswag"],
    functions: ["process_docs": ["process_docs"]],
    process: { rows in
      rows.map { row in
        let context = row.text(of: "ctx_a") + " " + capitalized(row.text(of: "ctx_b"))
        let label = row["label"].map(PythonText.of).flatMap { Int($0) }
        return row.setting([
          DataField("query", .text(cleaned(row.text(of: "activity_label") + ": " + context))),
          DataField("choices", .list(row.texts(of: "endings").map { .text(cleaned($0)) })),
          DataField("gold", label.map { .integer($0) } ?? .null),
        ])
      }
    })

  /// `text.capitalize()`: the first letter large, all others small.
  static func capitalized(_ text: String) -> String {
    guard let first = text.unicodeScalars.first else { return text }
    return first.properties.titlecaseMapping + String(text.unicodeScalars.dropFirst()).lowercased()
  }

  private static let brackets = try? PythonExpression("\\[.*?\\]")

  /// The text without brackets and what is in them, with `[title]` as the end of a sentence.
  private static func cleaned(_ text: String) -> String {
    var text = PythonString.replace(PythonString.strip(text), " [title]", ". ")
    text = (try? brackets?.removingMatches(from: text)) ?? text
    return PythonString.replace(text, "  ", " ")
  }
}
