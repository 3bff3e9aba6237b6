/// A page that stands alone: its style is in it, and nothing is fetched from anywhere.
enum HTMLPage {
  /// The page around a body of marks.
  static func page(title: String, body: String) -> String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <title>\(escaped(title))</title>
    <style>
    body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 80rem; padding: 0 1rem; color: #222; }
    table { border-collapse: collapse; margin: 0 0 1.5rem; display: block; overflow-x: auto; }
    th, td { padding: .2rem .6rem; border-bottom: 1px solid #ddd; text-align: right; white-space: nowrap; }
    th { vertical-align: bottom; }
    .text { text-align: left; }
    h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem; }
    </style>
    </head>
    <body>
    <h1>\(escaped(title))</h1>
    \(body)</body>
    </html>

    """
  }

  /// The text with every mark of the language made harmless, in quotes too.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    for character in TextTable.printable(text) {
      switch character {
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "&": escaped += "&amp;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped.append(character)
      }
    }
    return escaped
  }
}

extension TextTable {
  /// The table in HTML, with the colour of their heat behind its cells.
  var html: String {
    func cell(_ tag: String, _ column: Column, _ text: String, _ heat: Double? = nil) -> String {
      let style = heat.map { " style=\"background:\(Heat.css($0))\"" } ?? ""
      return "<\(tag)\(column.isText ? " class=\"text\"" : "")\(style)>\(text)</\(tag)>"
    }
    let head = columns.map { column in
      cell("th", column, column.title.filter { !$0.isEmpty }.map(HTMLPage.escaped).joined(separator: "<br>"))
    }
    let lines = rows.map { row in
      zip(columns, row).map { column, content in
        let notes = content.notes.map { " <small>\(HTMLPage.escaped($0))</small>" }.joined()
        return cell("td", column, HTMLPage.escaped(content.value) + notes, content.heat)
      }
    }
    let body = ([head] + lines).map { "<tr>" + $0.joined() + "</tr>\n" }.joined()
    return "<table>\n\(body)</table>\n"
  }
}
