internal import Documents
internal import Datasets

extension Hook {
  /// Winogrande: the sentence up to the blank with either option is a context, the rest goes on from it.
  static let winogrande = Hook(
    name: "winogrande", summary: "Winogrande's sentence with each option, and what comes behind",
    tasks: ["winogrande"],
    functions: [
      "doc_to_text": ["doc_to_text"], "doc_to_target": ["doc_to_target"], "doc_to_choice": ["doc_to_choice"],
    ],
    values: [
      "doc_to_text": { document in
        document["answer"].map(PythonText.of).flatMap { Int($0) }.map { .integer($0 - 1) } ?? .null
      },
      "doc_to_target": { document in
        .text(
          PythonString.strip(
            PythonString.split(document.text(of: "sentence"), by: "_").dropFirst().joined(separator: "_")))
      },
      "doc_to_choice": { document in
        let head = PythonString.split(document.text(of: "sentence"), by: "_")[0]
        return .list([.text(head + document.text(of: "option1")), .text(head + document.text(of: "option2"))])
      },
    ])
}
