internal import Datasets
internal import Documents

extension Hook {
  /// GPQA for generations: the right answer among three wrong ones, shuffled as Python's `random` shuffles them when a
  /// run of the task alone has been seeded with 0, as lm-evaluation-harness does.
  static let gpqaGenerative = Hook(
    name: "gpqa_generative", summary: "GPQA's answers in random order, and as a list",
    tasks: subsets.flatMap { ["\($0)_cot", "\($0)_generative"] }, functions: ["process_docs": ["process_docs"]],
    process: { shuffled($0, seed: 0, pass: 0, listsChoices: true) })

  /// The same for choices.
  static let gpqaZeroShot = Hook(
    name: "gpqa_zeroshot", summary: "GPQA's answers in random order", tasks: subsets.map { "\($0)_zeroshot" },
    functions: ["process_docs": ["process_docs"]], process: { shuffled($0, seed: 0, pass: 0, listsChoices: false) })

  /// GPQA with examples, whose functions have a generator of their own: it goes on from one reading of the data to the
  /// next, of which the first one is for examples, and the fourth for the questions.
  static let gpqaExamples = Hook(
    name: "gpqa_n_shot", summary: "GPQA's answers in random order, others for examples",
    tasks: subsets.map { "\($0)_n_shot" }, functions: ["process_docs": ["process_docs"]],
    process: { shuffled($0, seed: 42, pass: 3, listsChoices: false) },
    processExamples: { shuffled($0, seed: 42, pass: 0, listsChoices: false) })

  private static let subsets = ["gpqa_main", "gpqa_diamond", "gpqa_extended"]

  /// The documents with their answers in the order of one reading of the data.
  private static func shuffled(_ rows: [DataValue], seed: Int, pass: Int, listsChoices: Bool) -> [DataValue] {
    var generator = MersenneTwister(seed: seed)
    for _ in 0..<pass * rows.count {
      var skipped = [0, 1, 2, 3]
      generator.shuffle(&skipped)
    }
    return rows.map { row in
      var choices = ["Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3", "Correct Answer"].map { key in
        row[key]?.text.map(plain) ?? " "
      }
      let right = choices[3]
      generator.shuffle(&choices)
      let place = choices.firstIndex { $0.utf8.elementsEqual(right.utf8) } ?? 0
      var fields = choices.enumerated().map { DataField("choice\($0 + 1)", .text($1)) }
      if listsChoices { fields.append(DataField("choices", .list(choices.map { .text($0) }))) }
      return row.setting(fields + [DataField("answer", .text("(" + ["A", "B", "C", "D"][place] + ")"))])
    }
  }

  private static func plain(_ text: String) -> String {
    PythonString.replace(PythonString.replace(PythonString.strip(text), " [title]", ". "), "  ", " ")
  }
}
