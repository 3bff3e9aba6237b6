package import Datasets
package import Evaluation

/// A built-in stand-in for the Python functions of a well-known task.
///
/// A task names functions (`process_docs: !function utils.process_docs`), and Python is never run. Where the name of
/// the task and of the function are those of a task that people quote, the hook does what the function does; a task
/// of one's own can ask for it with `braid_hook: NAME`.
///
/// Adding one: a file with an extension that makes it, and its name in ``all``. Source of all: the tasks of
/// lm-evaluation-harness 0.4.13.
package struct Hook: Sendable {
  /// A function that reads documents, or makes others of them.
  package typealias Documents = @Sendable ([DataValue]) -> [DataValue]
  /// A function that makes a text, a target or choices of a document.
  package typealias Value = @Sendable (DataValue) -> DataValue
  /// A function that makes metrics, by name, of the responses to a document.
  package typealias Judge = @Sendable (_ responses: [Answer.Response], _ document: DataValue) -> [String: Double]

  /// The name, as `braid_hook` says it.
  package var name: String
  /// What it does, in one sentence.
  var summary: String
  /// What the names of its tasks begin with.
  var tasks: [String]
  /// The functions that it stands in for, by the keys that name them.
  var functions: [String: Set<String>]
  /// What becomes of a split.
  var process: Documents?
  /// What becomes of a split that examples come from, where it is something else.
  var processExamples: Documents?
  /// What becomes of a split under one of several functions, by the function's name.
  var processes: [String: Documents] = [:]
  /// What `doc_to_text`, `doc_to_target` and `doc_to_choice` give.
  var values: [String: Value] = [:]
  /// The same under functions of other names, such as those for examples.
  var namedValues: [String: Value] = [:]
  /// The text whose words and bytes are counted, where it is not the one that is scored.
  var counted: (@Sendable (DataValue) -> String)?
  /// The metrics of a document's responses.
  package var judge: Judge?

  var processesDocuments: Bool { process != nil }
  var judgesResults: Bool { judge != nil || counted != nil }
  func writes(_ key: String) -> Bool { values[key] != nil }

  package func documents(_ rows: [DataValue]) -> [DataValue] { process?(rows) ?? rows }
  package func examples(_ rows: [DataValue]) -> [DataValue] { processExamples?(rows) ?? documents(rows) }
  package func value(_ key: String, _ document: DataValue) -> DataValue { values[key]?(document) ?? .null }
  func countedText(_ document: DataValue) -> String? { counted?(document) }

  /// The hook that stands in for a function of a task.
  package static func standing(for function: String, of task: String, key: String) -> Hook? {
    let name = function.split(separator: ".").last.map(String.init) ?? function
    let found = all.first { hook in
      hook.tasks.contains { task.hasPrefix($0) } && hook.functions[key]?.contains(name) ?? false
    }
    guard var hook = found else { return nil }
    if let process = hook.processes[name] { hook.process = process }
    if let value = hook.namedValues[name] { hook.values[key] = value }
    return hook
  }

  /// What a user can do about a Python function.
  static func advice(task: String) -> String {
    let names = all.map(\.name).joined(separator: ", ")
    return "write the texts as templates; or, if a built-in hook does the same, say braid_hook: NAME (\(names))"
  }

  /// Every hook, in alphabetical order.
  package static let all: [Hook] = [
    copa, coqa, drop, gpqaGenerative, gpqaExamples, gpqaZeroShot, hellaswag, hendrycksMath, logiqa, mmluPro, race,
    squadF1, truthfulQAGeneration, truthfulQA, wikitext, winogrande,
  ]
}

extension DataValue {
  /// A document with some fields set, as `dataset.map` leaves it: those it has in their place, new ones at the end.
  func setting(_ changes: [DataField]) -> DataValue {
    var fields = self.fields ?? []
    for change in changes {
      if let place = fields.firstIndex(where: { $0.name == change.name }) {
        fields[place] = change
      } else {
        fields.append(change)
      }
    }
    return .record(fields)
  }

  /// The text of a field, empty if there is none.
  func text(of field: String) -> String { self[field]?.text ?? "" }

  /// The texts of a field that is a list.
  func texts(of field: String) -> [String] { self[field]?.list?.compactMap(\.text) ?? [] }
}

extension Answer.Response {
  /// The text, if the model wrote one.
  var text: String? { if case .text(let text) = self { text } else { nil } }
  /// The log-likelihood, if that was asked.
  var logLikelihood: Double? { if case .likelihood(let value, _) = self { value } else { nil } }
}
