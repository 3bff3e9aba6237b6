internal import Datasets

extension Hook {
  /// MATH: the boxed answer of the solution, compared with what stands between dollar signs.
  static let hendrycksMath = Hook(
    name: "hendrycks_math", summary: "MATH's boxed answers, compared as formulas are written",
    tasks: ["hendrycks_math"],
    functions: ["process_docs": ["process_docs"], "process_results": ["process_results"]],
    process: { rows in
      rows.map { row in
        let answer = MathAnswer.boxed(row.text(of: "solution"))
        return row.setting([DataField("answer", answer.map { .text($0) } ?? .null)])
      }
    },
    judge: { responses, document in
      guard let text = responses.first?.text else { return [:] }
      var answer = text
      let scalars = Array(text.unicodeScalars)
      let marks = scalars.indices.filter { scalars[$0] == "$" }
      if marks.count > 1, let first = marks.first, let last = marks.last {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars[first + 1..<last])
        answer = String(view)
      }
      guard let gold = MathAnswer.boxed(document.text(of: "solution")) else { return ["exact_match": 0] }
      return ["exact_match": MathAnswer.areEquivalent(answer, gold) ? 1 : 0]
    })
}
