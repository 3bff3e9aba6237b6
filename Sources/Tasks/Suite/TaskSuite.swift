internal import Datasets
internal import Documents
public import Evaluation

/// The tasks and groups of some files of lm-evaluation-harness, with all their prompts.
public struct TaskSuite: Sendable {
  /// How tasks are put.
  public struct Options: Sendable {
    /// Takes only so many documents of each task, the first ones.
    public var limit: Int?
    /// How many examples stand before a question; what the task says if nil.
    public var exampleCount: Int?
    /// Folders in which data lies, beside the tasks' own.
    public var dataFolders: [String]
    /// How prompts are put as conversations.
    public var style: ChatStyle

    /// Makes options.
    public init(
      limit: Int? = nil, exampleCount: Int? = nil, dataFolders: [String] = [], style: ChatStyle = ChatStyle()
    ) {
      self.limit = limit
      self.exampleCount = exampleCount
      self.dataFolders = dataFolders
      self.style = style
    }
  }

  /// The tasks, each once, in the order in which they were named.
  public private(set) var tasks: [BuiltTask]
  /// The groups, inner ones before outer ones.
  public let groups: [TaskGroup]
  /// How tasks are put.
  public let options: Options

  /// Reads tasks and their data.
  ///
  /// - Parameter files: YAML files of tasks and groups; what a group names is looked for in their folders.
  /// - Throws: everything that is wrong with the tasks.
  public init(files: [String], options: Options = Options()) throws(TaskError) {
    var loader = TaskLoader(files: files)
    var faults: [Diagnostic] = []
    for file in files {
      do throws(TaskError) {
        try loader.add(file: file)
      } catch {
        faults += error.diagnostics
      }
    }
    var tasks: [BuiltTask] = []
    for configuration in loader.configurations {
      let folder = TaskFiles.folder(of: configuration.place.file)
      let finder = DatasetFinder(folders: [folder] + options.dataFolders + ["."])
      do throws(TaskError) {
        tasks.append(
          try BuiltTask(
            configuration, finder: finder, limit: options.limit, exampleCount: options.exampleCount,
            style: options.style))
      } catch {
        faults += error.diagnostics
      }
    }
    guard faults.isEmpty else { throw TaskError(faults, texts: loader.texts) }
    self.tasks = tasks
    groups = loader.groups
    self.options = options
  }

  /// The prompts of all tasks.
  public var prompts: PromptSet {
    PromptSet(tasks: tasks.map { ($0.name, $0.metrics, $0.prompts) })
  }

  /// The suite as a model's chat template puts it; the same without one if prompts are plain text.
  ///
  /// - Parameter template: makes a text of a conversation.
  public func rendered(_ template: (Conversation) throws -> String) rethrows -> TaskSuite {
    guard options.style.usesTemplate else { return self }
    var suite = self
    suite.tasks = try tasks.map { try $0.rendered(template) }
    return suite
  }

  /// A record with the groups' scores behind those of the tasks.
  public func addingGroups(to record: ScoreRecord) -> ScoreRecord {
    var record = record
    for index in record.models.indices {
      for group in groups {
        if let scores = group.scores(from: record.models[index].tasks) { record.models[index].tasks.append(scores) }
      }
    }
    return record
  }
}
