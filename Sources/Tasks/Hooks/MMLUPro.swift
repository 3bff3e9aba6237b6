internal import Documents
internal import Datasets

extension Hook {
  /// MMLU-Pro: up to ten lettered options, and the request to think step by step.
  static let mmluPro = Hook(
    name: "mmlu_pro", summary: "MMLU-Pro's question with lettered options, and its worked examples",
    tasks: ["mmlu_pro"],
    functions: [
      "process_docs": Set(subjects.keys), "doc_to_text": ["doc_to_text", "fewshot_to_text"],
      "doc_to_target": ["fewshot_to_target"],
    ],
    process: { $0 },
    processes: subjects.mapValues { subject in { rows in rows.filter { $0.text(of: "category") == subject } } },
    values: [
      "doc_to_text": { .text(question($0)) },
      "doc_to_target": { document in
        .text(PythonString.replace(document.text(of: "cot_content"), "A: Let's think step by step. ", ""))
      },
    ])

  private static let subjects: [String: String] = {
    let names = [
      "biology", "business", "chemistry", "computer science", "economics", "engineering", "health", "history", "law",
      "math", "other", "philosophy", "physics", "psychology",
    ]
    return Dictionary(uniqueKeysWithValues: names.map { ("process_" + PythonString.replace($0, " ", "_"), $0) })
  }()

  private static func question(_ document: DataValue) -> String {
    var text = "Question:\n" + document.text(of: "question") + "\nOptions:\n"
    for (letter, option) in zip("ABCDEFGHIJ", document.texts(of: "options")) {
      text += "\(letter). \(PythonString.strip(option))\n"
    }
    return text + "Answer: Let's think step by step."
  }
}
