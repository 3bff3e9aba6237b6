internal import Documents
internal import Datasets
internal import Patterns

extension Hook {
  /// WikiText: the page is scored without its tokenizer's blanks, but its words and bytes are counted with them.
  static let wikitext = Hook(
    name: "wikitext", summary: "WikiText's page as people write it, counted as it stands", tasks: ["wikitext"],
    functions: ["doc_to_target": ["wikitext_detokenizer"], "process_results": ["process_results"]],
    values: ["doc_to_target": { .text(detokenized($0.text(of: "page"))) }],
    counted: { $0.text(of: "page") })

  private static let pairs = [
    ("\\(\\s*([^\\)]*?)\\s*\\)", "(", ")"), ("\\[\\s*([^\\]]*?)\\s*\\]", "[", "]"),
    ("\\{\\s*([^}]*?)\\s*\\}", "{", "}"),
    ("\"\\s*([^\"]*?)\\s*\"", "\"", "\""), ("'\\s*([^']*?)\\s*'", "'", "'"),
  ].compactMap { pattern, open, close in
    (try? PythonExpression(pattern)).map { (expression: $0, open: open, close: close) }
  }
  private static let quotedDigit = try? PythonExpression("/' [0-9]/")

  private static func detokenized(_ page: String) -> String {
    var text = PythonString.replace(page, "s '", "s'")
    text = (try? quotedDigit?.replacingMatches(in: text) { _ in "/'[0-9]/" }) ?? text
    for (old, new) in [
      (" @-@ ", "-"), (" @,@ ", ","), (" @.@ ", "."), (" : ", ": "), (" ; ", "; "), (" . ", ". "), (" ! ", "! "),
      (" ? ", "? "), (" , ", ", "),
    ] {
      text = PythonString.replace(text, old, new)
    }
    for pair in pairs {
      text = (try? pair.expression.replacingMatches(in: text) { pair.open + $0[1] + pair.close }) ?? text
    }
    for (old, new) in [
      ("= = = =", "===="), ("= = =", "==="), ("= =", "=="), (" \u{B0} ", "\u{B0}"), (" \n", "\n"), ("\n ", "\n"),
      (" N ", " 1 "), (" 's", "'s"),
    ] {
      text = PythonString.replace(text, old, new)
    }
    return text
  }
}
