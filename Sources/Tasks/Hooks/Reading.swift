internal import Documents
internal import Datasets

extension Hook {
  /// COPA: the premise with its connector, and both alternatives with a small letter.
  static let copa = Hook(
    name: "copa", summary: "COPA's premise with because or therefore, and its alternatives", tasks: ["copa"],
    functions: [
      "doc_to_text": ["doc_to_text"], "doc_to_target": ["doc_to_target"], "doc_to_choice": ["doc_to_choice"],
    ],
    values: [
      "doc_to_text": { document in
        let connector = document.text(of: "question") == "cause" ? "because" : "therefore"
        return .text(PythonString.strip(document.text(of: "premise")).dropLast() + " \(connector)")
      },
      "doc_to_target": { .text(alternative($0, $0["label"] == .integer(0) ? "choice1" : "choice2")) },
      "doc_to_choice": { .list([.text(alternative($0, "choice1")), .text(alternative($0, "choice2"))]) },
    ])

  private static func alternative(_ document: DataValue, _ field: String) -> String {
    let text = document.text(of: field)
    return " " + text.prefix(1).lowercased() + text.dropFirst()
  }

  /// LogiQA: passage, question and lettered options.
  static let logiqa = Hook(
    name: "logiqa", summary: "LogiQA's passage, question and lettered choices", tasks: ["logiqa"],
    functions: ["doc_to_text": ["doc_to_text"], "doc_to_target": ["doc_to_target"]],
    values: [
      "doc_to_text": { document in
        let options = zip("ABCD", document.texts(of: "options")).map { "\($0). \($1)\n" }.joined()
        return .text(
          "Passage: \(document.text(of: "context"))\nQuestion: \(document.text(of: "question"))\nChoices:\n"
            + options + "Answer:")
      },
      "doc_to_target": { document in
        let label = PythonString.strip(document.text(of: "label"))
        return ["a", "b", "c", "d"].firstIndex(of: label).map { .integer($0) } ?? .null
      },
    ])

  /// RACE: the article with all questions but the last answered.
  static let race = Hook(
    name: "race", summary: "RACE's article with its questions, the last one open", tasks: ["race"],
    functions: [
      "doc_to_text": ["doc_to_text"], "doc_to_target": ["doc_to_target"], "doc_to_choice": ["doc_to_choice"],
    ],
    values: [
      "doc_to_text": { document in
        var text = "Article: \(document.text(of: "article"))\n\n"
        let problems = problems(document)
        for problem in problems.dropLast() {
          let question = problem.text(of: "question")
          let options = problem.texts(of: "options")
          let answer = letter(problem).flatMap { options.indices.contains($0) ? options[$0] : nil } ?? ""
          if question.hasSuffix("  _  .") {
            text += question.dropLast(5) + answer + "\n"
          } else {
            text += "Question: \(question)\nAnswer: \(answer)\n"
          }
        }
        return .text(text + (problems.last?.text(of: "question") ?? ""))
      },
      "doc_to_target": { problems($0).last.flatMap(letter).map { .integer($0) } ?? .null },
      "doc_to_choice": { .list((problems($0).last?.texts(of: "options") ?? []).prefix(4).map { .text($0) }) },
    ])

  /// The questions of an article, which the data set keeps as Python code of literals.
  private static func problems(_ document: DataValue) -> [DataValue] {
    PythonLiteral.value(document.text(of: "problems"))?.list ?? []
  }

  private static func letter(_ problem: DataValue) -> Int? {
    ["A", "B", "C", "D"].firstIndex(of: problem.text(of: "answer"))
  }
}
