/// A prompt as hygiene looks at it: where it stands, what it asks, and what counts as right.
struct HygieneItem: Sendable {
  /// The name of the file.
  var file: String
  var prompt: Prompt
  /// All that stands before the answer.
  var context: String
  /// The choices, or nothing.
  var choices: [String]
  /// The right answer, if the prompt has one.
  var answer: String
  /// The words of the question itself, without what most prompts of the task have in common.
  var core = NormalizedWords("")
  /// The words of the context and the choices.
  var words = NormalizedWords("")

  var place: HygieneReport.Place { .init(file: file, task: prompt.task, id: prompt.id) }

  private init(_ prompt: Prompt, file: String) {
    self.file = file
    self.prompt = prompt
    switch prompt.content {
    case .choice(let query, let choices, let gold):
      (context, self.choices) = (query, choices)
      answer = choices.indices.contains(gold) ? choices[gold] : ""
    case .generation(let text, let target): (context, choices, answer) = (text, [], target)
    case .text(let text): (context, choices, answer) = (text, [], "")
    case .document(let document): (context, choices, answer) = (document.document, [], "")
    }
  }

  /// The prompts of a file; lines that most of a task's prompts share (instructions, examples) are no question.
  static func items(of set: PromptSet, file: String) -> [HygieneItem] {
    var items: [HygieneItem] = []
    for task in set.tasks {
      let own = set.prompts[task.range].map { HygieneItem($0, file: file) }
      var counts: [String: Int] = [:]
      for item in own { for line in Set(item.lines) { counts[line, default: 0] += 1 } }
      items += own.map { item in
        var item = item
        let isShared = { (line: String) in own.count >= fewestForSharing && 2 * counts[line, default: 0] > own.count }
        let question = item.lines.filter { !isShared($0) }.joined(separator: "\n")
        let answers = ([question] + item.choices).joined(separator: "\n")
        item.core = NormalizedWords(answers)
        item.words = NormalizedWords(([item.context] + item.choices).joined(separator: "\n"))
        return item
      }
    }
    return items
  }

  /// In a handful of prompts, what most have in common may well be chance.
  private static let fewestForSharing = 5

  private var lines: [String] {
    context.split(whereSeparator: \.isNewline).map(String.init)
  }

  /// The question that stands last in the context: behind the last blank line, if enough words do.
  var lastQuestion: NormalizedWords {
    let paragraphs = context.split(separator: "\n\n")
    let last = NormalizedWords(paragraphs.last.map(String.init) ?? context)
    return last.count >= LeakSearch.fewestWords ? last : NormalizedWords(context)
  }
}
