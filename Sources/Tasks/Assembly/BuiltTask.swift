package import Datasets
internal import Documents
public import Evaluation

/// A task with its prompts, ready to be put to a model.
public struct BuiltTask: Sendable {
  /// The task's name.
  public var name: String { configuration.name }
  /// The prompts, in the order of the documents.
  public private(set) var prompts: [Prompt]
  /// For each prompt, the conversation behind the context of each of its requests; nil for requests without one.
  /// Nothing for plain text.
  private let conversations: [[Conversation?]]
  /// The metrics, the first one first.
  public let metrics: [TaskMetric]
  let configuration: TaskConfiguration
  /// How many documents the evaluated split has.
  let documentCount: Int
  /// The evaluated documents, as hooks left them.
  let documents: [DataValue]
  /// The targets, as the harness records them.
  package let targets: [DataValue]
  let exampleCount: Int

  /// Reads a task's data and makes its prompts.
  ///
  /// - Parameters:
  ///   - finder: where data lies.
  ///   - limit: takes only so many documents, the first ones.
  ///   - exampleCount: how many examples stand before a question, unless the task forbids them.
  init(
    _ configuration: TaskConfiguration, finder: DatasetFinder, limit: Int?, exampleCount: Int?, style: ChatStyle
  ) throws(TaskError) {
    self.configuration = configuration
    let metrics = try TaskMetrics.metrics(of: configuration)
    let data = try TaskData(configuration, finder: finder)
    // A task that says "no examples" means it.
    let count = configuration.fewShotCount == 0 ? 0 : exampleCount ?? configuration.fewShotCount ?? 0
    let fields = FieldReader(
      task: configuration, columns: Set(data.columns), templates: TaskTemplates())
    guard let first = data.evaluated.first else {
      throw TaskError(at: configuration.place, "the split \"\(configuration.evaluatedSplit ?? "")\" has no documents")
    }
    var assembly = try PromptAssembly(
      task: configuration, fields: fields, first: first, pool: count > 0 ? try data.examples() : [],
      exampleCount: count, asksUnconditionally: metrics.contains { $0.kind == .mutualInformation },
      style: style)
    let evaluated = limit.map { Array(data.evaluated.prefix($0)) } ?? data.evaluated
    var prompts: [Prompt] = []
    var targets: [DataValue] = []
    var conversations: [[Conversation?]] = []
    for (index, document) in evaluated.enumerated() {
      do throws(TaskError) {
        let assembled = try assembly.prompt(for: document)
        prompts.append(
          Prompt(id: String(index), task: configuration.name, content: .document(assembled.prompt)))
        if style.usesTemplate {
          conversations.append(
            assembled.turns.map { $0.isEmpty ? nil : Conversation($0, style: style) })
        }
        targets.append(try fields.target(document))
      } catch {
        throw error.about(document: index, of: configuration.name)
      }
    }
    self.prompts = prompts
    self.conversations = conversations
    self.targets = targets
    self.metrics = Self.sized(metrics, for: prompts)
    documents = evaluated
    documentCount = data.evaluated.count
    self.exampleCount = count
  }

  /// The task with the conversations of its prompts made texts.
  func rendered(_ template: (Conversation) throws -> String) rethrows -> BuiltTask {
    var task = self
    // Choices of one document mostly share their context.
    var texts: [Conversation: String] = [:]
    for (index, conversations) in conversations.enumerated() {
      guard case .document(var document) = prompts[index].content else { continue }
      texts.removeAll(keepingCapacity: true)
      for (place, conversation) in conversations.enumerated() where document.requests.indices.contains(place) {
        guard let conversation else { continue }
        let text = try texts[conversation] ?? template(conversation)
        texts[conversation] = text
        document.requests[place].setContext(text)
      }
      task.prompts[index].content = .document(document)
    }
    return task
  }

  /// The metrics with as many classes as there are choices.
  private static func sized(_ metrics: [TaskMetric], for prompts: [Prompt]) -> [TaskMetric] {
    let counts = prompts.map { prompt -> Int in
      guard case .document(let document) = prompt.content, case .choices(let choices, _) = document.reference else {
        return 0
      }
      return choices.count
    }
    return metrics.map { metric in
      var metric = metric
      metric.classes = (counts.max() ?? 0) + 1
      return metric
    }
  }
}

extension TaskError {
  /// The error with the document that it arose from.
  func about(document: Int, of task: String) -> TaskError {
    var error = self
    for index in error.diagnostics.indices {
      error.diagnostics[index].message += " (document \(document) of the task \"\(task)\")"
    }
    return error
  }
}
