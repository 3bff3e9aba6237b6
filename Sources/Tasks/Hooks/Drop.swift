internal import Documents
internal import Datasets

extension Hook {
  /// DROP: answers that are numbers, dates or spans of text, with the data set's own exact match and F1.
  static let drop = Hook(
    name: "drop", summary: "DROP's answers, and its em and f1", tasks: ["drop"],
    functions: ["process_docs": ["process_docs"], "process_results": ["process_results"]],
    process: { rows in
      rows.map { row in
        row.setting([
          DataField("id", row["query_id"] ?? .null),
          DataField("answers", .list(DropAnswer.answers(row).map { .list($0.map { .text($0) }) })),
        ])
      }
    },
    judge: { responses, document in
      guard let text = responses.first?.text else { return [:] }
      var best = (match: 0.0, f1: 0.0)
      for gold in document["answers"]?.list ?? [] {
        let spans = gold.list?.map(PythonText.of) ?? [PythonText.of(gold)]
        guard let first = spans.first, !PythonString.strip(first).isEmpty else { continue }
        let score = DropAnswer.score(text, gold: spans)
        best = (max(best.match, score.match), max(best.f1, score.f1))
      }
      return ["em": best.match, "f1": best.f1]
    })
}

/// Answers of DROP, which are one or several spans.
///
/// Source: Dua et al. 2019, the official evaluation's definitions.
enum DropAnswer {
  /// The answers of a document, the annotator's and the validators', each once.
  static func answers(_ document: DataValue) -> [[String]] {
    var candidates = [document["answer"] ?? .null]
    if let validated = document["validated_answers"] {
      let count = validated["number"]?.list?.count ?? 0
      for index in 0..<count {
        candidates.append(
          .record(
            ["number", "date", "spans"].map { name in
              let values = validated[name]?.list ?? []
              return DataField(name, values.indices.contains(index) ? values[index] : .null)
            }))
      }
    }
    var answers: [[String]] = []
    for answer in candidates.map(spans) where !answers.contains(answer) { answers.append(answer) }
    return answers
  }

  private static func spans(_ answer: DataValue) -> [String] {
    let number = answer["number"].map(PythonText.of) ?? ""
    if !number.isEmpty { return [number] }
    let spans = answer.texts(of: "spans")
    if !spans.isEmpty { return spans }
    let date = ["day", "month", "year"].map { answer["date"]?.text(of: $0) ?? "" }
    return [PythonString.strip(date.joined(separator: " "))]
  }

  /// Exact match, and F1 of words over the best pairing of the one answer with a span.
  static func score(_ answer: String, gold: [String]) -> (match: Double, f1: Double) {
    let own = evened(answer)
    let spans = gold.map(evened)
    let match: Double = spans == [own] ? 1 : 0
    let bag = Set(PythonString.words(own))
    let best = spans.map { f1(bag, Set(PythonString.words($0))) }.max() ?? 0
    return (match, (best / Double(max(1, spans.count)) * 100).rounded(.toNearestOrEven) / 100)
  }

  private static func f1(_ answer: Set<String>, _ gold: Set<String>) -> Double {
    let numbers = gold.filter(isNumber)
    guard numbers.isEmpty || !numbers.isDisjoint(with: answer.filter(isNumber)) else { return 0 }
    let common = Double(gold.intersection(answer).count)
    let precision = answer.isEmpty ? 1 : common / Double(answer.count)
    let recall = gold.isEmpty ? 1 : common / Double(gold.count)
    return precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall)
  }

  private static func isNumber(_ text: String) -> Bool { Double(PythonString.strip(text)) != nil }

  private static func evened(_ answer: String) -> String {
    var words: [String] = []
    for token in PythonString.split(PythonString.replace(answer, "-", " "), by: " ") {
      var token = token.lowercased()
      if !isNumber(token) {
        token = String(token.unicodeScalars.filter { !MatchNormalization.punctuation.contains($0) })
      }
      if let number = Double(token) { token = PythonString.spelling(of: number) }
      token = PythonString.words(SquadAnswer.withoutArticles(token)).joined(separator: " ")
      if !token.isEmpty { words.append(token) }
    }
    return words.joined(separator: " ")
  }
}
