internal import Datasets
internal import Documents
internal import Evaluation

/// Puts the prompt for a document together: description, examples, question.
///
/// Source: lm-evaluation-harness 0.4.13, `ConfigurableTask.fewshot_context`, `build_qa_turn` and
/// `construct_requests`.
struct PromptAssembly {
  let task: TaskConfiguration
  let fields: FieldReader
  let exampleCount: Int
  /// Whether the choices are contexts of their own, as in Winogrande: told by the first document.
  let hasManyContexts: Bool
  /// Whether several targets are right: told by the first document.
  let hasManyTargets: Bool
  /// Whether a metric needs the choices' likelihoods without the context.
  let asksUnconditionally: Bool
  let style: ChatStyle
  private var sampler: ExampleSampler
  /// What was made of examples already, by their places in the pool.
  private var exampleTurns: [Int: [Turn]] = [:]

  init(
    task: TaskConfiguration, fields: FieldReader, first: DataValue, pool: [DataValue], exampleCount: Int,
    asksUnconditionally: Bool, style: ChatStyle
  ) throws(TaskError) {
    self.task = task
    self.fields = fields
    self.exampleCount = exampleCount
    self.asksUnconditionally = asksUnconditionally
    self.style = style
    hasManyContexts = task.choice != nil ? try fields.text(first).integer != nil : false
    hasManyTargets = try fields.target(first).list != nil
    sampler = ExampleSampler(pool: pool, takesFirst: task.fewShot.firstN)
  }

  /// A prompt, and the turns that the contexts of its requests consist of; none for requests without a context.
  typealias Assembled = (prompt: DocumentPrompt, turns: [[Turn]])

  /// The prompt of the next document.
  mutating func prompt(for document: DataValue) throws(TaskError) -> Assembled {
    var turns = try opening(document)
    turns += try examples(for: document)
    let json = document.json.line
    let prefix = try fields.plain(task.prefix, document)
    let target = try fields.target(document)
    switch task.outputType {
    case .rolling:
      let text = PythonText.of(target)
      let counted = try counted(document, text)
      let prompt = DocumentPrompt(
        requests: [.text(text)],
        reference: .text(words: Self.wordCount(counted), bytes: counted.utf8.count), document: json)
      return (prompt, [[]])
    case .multipleChoice: return try multipleChoice(document, turns, target: target, prefix: prefix, json: json)
    case .likelihood:
      turns += question(try questionText(document), prefix: prefix)
      let text = PythonText.of(target)
      let prompt = DocumentPrompt(
        requests: [.likelihood(context: Turn.text(turns), continuation: text)], reference: .target(text), document: json
      )
      return (prompt, [turns])
    case .generateUntil:
      turns += question(try questionText(document), prefix: prefix)
      let prompt = DocumentPrompt(
        requests: [
          .generation(
            context: Turn.text(turns), until: task.until ?? [task.fewShotDelimiter],
            maximumNewTokens: task.maximumNewTokens ?? 256)
        ], reference: try references(document, target), document: json)
      return (prompt, [turns])
    }
  }

  // MARK: Turns

  private func opening(_ document: DataValue) throws(TaskError) -> [Turn] {
    let text = Turn.joined(
      style.systemInstruction, try fields.plain(task.description, document), delimiter: task.fewShotDelimiter)
    return text.isEmpty ? [] : [Turn(role: .system, content: text)]
  }

  private mutating func examples(for document: DataValue) throws(TaskError) -> [Turn] {
    guard exampleCount > 0 else { return [] }
    guard let places = sampler.examples(exampleCount, without: task.drawsFromEvaluated ? document : nil) else {
      throw TaskError(
        at: task.place, "the task \"\(task.name)\" has too few documents for \(exampleCount) examples before a question"
      )
    }
    var turns: [Turn] = []
    for place in places {
      if exampleTurns[place] == nil { exampleTurns[place] = try self.turns(of: sampler.pool[place]) }
      turns += exampleTurns[place] ?? []
    }
    return turns
  }

  /// An example's question and answer.
  private func turns(of example: DataValue) throws(TaskError) -> [Turn] {
    let text = try fields.text(example, by: task.fewShot.text)
    let choices = try fields.choices(example, by: task.fewShot.choice ?? task.choice)
    var answer = try fields.target(example, by: task.fewShot.target)
    let prefix = try fields.plain(task.fewShot.prefix ?? task.prefix, example)
    var question = PythonText.of(text)
    if hasManyContexts {
      guard let index = text.integer, let choices, choices.indices.contains(index) else {
        throw TaskError(at: task.place, "an example's doc_to_text gives \(text.kind), and not the place of a choice")
      }
      question = choices[index]
    } else if let index = answer.integer {
      if let choices {
        // A place from the end counts in Python.
        let place = index < 0 ? index + choices.count : index
        guard choices.indices.contains(place) else {
          throw TaskError(
            at: task.place, "an example's target is \(index), but it has \(choices.count) choices")
        }
        answer = .text(choices[place])
      }
    }
    return Self.pair(
      question, answer: Self.answerText(answer), prefix: prefix,
      targetDelimiter: task.fewShot.targetDelimiter ?? task.targetDelimiter,
      delimiter: task.fewShot.delimiter ?? task.fewShotDelimiter)
  }

  private static func answerText(_ answer: DataValue) -> String {
    if let first = answer.list?.first { return PythonText.of(first) }
    return PythonText.of(answer)
  }

  /// A question and its answer.
  private static func pair(
    _ question: String, answer: String, prefix: String?, targetDelimiter: String, delimiter: String
  ) -> [Turn] {
    let prefix = prefix ?? ""
    // An empty answer counts as none.
    if answer.isEmpty { return Self.question(question, prefix: prefix, targetDelimiter: targetDelimiter) }
    let needsDelimiter = prefix.isEmpty || requiresDelimiter(question, prefix)
    return [
      Turn(role: .user, content: question, delimiter: needsDelimiter ? targetDelimiter : ""),
      Turn(role: .assistant, content: Turn.joined(prefix, answer, delimiter: " "), delimiter: delimiter),
    ]
  }

  private func question(_ text: String, prefix: String?) -> [Turn] {
    Self.question(text, prefix: prefix ?? "", targetDelimiter: hasManyContexts ? "" : task.targetDelimiter)
  }

  private static func question(_ text: String, prefix: String, targetDelimiter: String) -> [Turn] {
    guard !prefix.isEmpty else { return [Turn(role: .user, content: text)] }
    return [
      Turn(role: .user, content: text, delimiter: requiresDelimiter(text, prefix) ? targetDelimiter : ""),
      Turn(role: .assistant, content: prefix),
    ]
  }

  private static func requiresDelimiter(_ head: String, _ tail: String) -> Bool {
    !head.isEmpty && !(PythonString.endsWithBlank(head) || PythonString.beginsWithBlank(tail))
  }

  private func questionText(_ document: DataValue) throws(TaskError) -> String {
    PythonText.of(try fields.text(document))
  }

  // MARK: Requests

  private func multipleChoice(
    _ document: DataValue, _ turns: [Turn], target: DataValue, prefix: String?, json: String
  ) throws(TaskError) -> Assembled {
    guard let choices = try fields.choices(document) else {
      throw TaskError(at: task.place, "the task \"\(task.name)\" has no choices")
    }
    let delimiter = answerDelimiter
    var contexts: [[Turn]]
    var requests: [DocumentPrompt.Request]
    let gold: DataValue
    if hasManyContexts {
      let continuation = delimiter + PythonText.of(target)
      contexts = choices.map { turns + question($0, prefix: prefix) }
      requests = contexts.map { .likelihood(context: Turn.text($0), continuation: continuation) }
      gold = try fields.text(document)
    } else {
      let context = turns + question(try questionText(document), prefix: prefix)
      contexts = choices.map { _ in context }
      let text = Turn.text(context)
      requests = choices.map { .likelihood(context: text, continuation: delimiter + $0) }
      gold = target
    }
    if asksUnconditionally {
      requests += choices.map { .likelihood(context: "", continuation: delimiter + $0) }
      contexts += choices.map { _ in [] }
    }
    let prompt = DocumentPrompt(
      requests: requests, reference: .choices(choices, gold: Self.gold(gold, choices)), document: json)
    return (prompt, contexts)
  }

  /// What stands between a context and a choice: nothing behind a chat template, unless a reply was begun.
  private var answerDelimiter: String {
    guard style.usesTemplate else { return task.targetDelimiter }
    guard case .text(let prefix, _) = task.prefix, !prefix.isEmpty, !PythonString.endsWithBlank(prefix) else {
      return ""
    }
    return task.targetDelimiter
  }

  /// Where the right choices stand: a place, a choice's text, or a list of places.
  private static func gold(_ value: DataValue, _ choices: [String]) -> DocumentPrompt.Gold {
    func place(_ value: DataValue) -> Int? {
      switch value {
      case .integer(let number): choices.indices.contains(number) ? number : nil
      case .text(let text): choices.firstIndex { $0.utf8.elementsEqual(text.utf8) }
      case .bool(let flag): choices.indices.contains(flag ? 1 : 0) ? (flag ? 1 : 0) : nil
      default: nil
      }
    }
    guard let list = value.list else { return .one(place(value)) }
    return .anyOf(list.map { $0.integer == nil ? nil : place($0) })
  }

  private func references(_ document: DataValue, _ target: DataValue) throws(TaskError) -> DocumentPrompt.Reference {
    if let choices = try fields.choices(document) {
      guard let index = target.integer, choices.indices.contains(index < 0 ? index + choices.count : index) else {
        throw TaskError(
          at: task.target?.place ?? task.place,
          "the target must be the place of one of the \(choices.count) choices, found \(target.kind)")
      }
      return .texts([choices[index < 0 ? index + choices.count : index]], allowsSeveral: false)
    }
    if hasManyTargets {
      return .texts((target.list ?? [target]).map(PythonText.of), allowsSeveral: true)
    }
    return .texts([PythonText.of(target)], allowsSeveral: false)
  }

  // MARK: Counting

  /// The text whose words and bytes count; a hook may score one text and count another.
  private func counted(_ document: DataValue, _ text: String) throws(TaskError) -> String {
    guard let counted = task.resultHook?.countedText(document) else { return text }
    return counted
  }

  /// The fields of a split at runs of white space, empty ones at the ends included.
  static func wordCount(_ text: String) -> Int {
    var count = 1
    var inBlanks = false
    for scalar in text.unicodeScalars {
      let isBlank = scalar.isBlank
      if isBlank, !inBlanks { count += 1 }
      inBlanks = isBlank
    }
    return count
  }
}
