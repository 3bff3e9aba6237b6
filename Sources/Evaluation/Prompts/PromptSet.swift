public import Documents

/// The prompts of a run, in the order of the files, and the tasks they form.
public struct PromptSet: Hashable, Sendable {
  /// The prompts, tasks together, in the order in which the files first name them.
  public let prompts: [Prompt]
  /// The tasks with the kind of their prompts and where these stand in `prompts`.
  public let tasks: [PromptTask]

  /// Reads prompt files.
  ///
  /// - Parameter limit: takes only so many prompts of each task, the first ones; every line is checked all the same.
  /// - Throws: a ``PromptError`` with everything that is wrong with the files.
  public init(files: [PromptFile], limit: Int? = nil) throws(PromptError) {
    var faults: [PromptError.Fault] = []
    var order: [String] = []
    var byTask: [String: [Prompt]] = [:]
    var kinds: [String: (kind: PromptKind, place: String)] = [:]
    var places: [String: String] = [:]
    for file in files {
      let lines = file.lines
      if lines.isEmpty {
        faults.append(.init(Diagnostic(.error, file: file.name, "the file holds no prompts"), line: nil))
      }
      for (number, bytes) in lines {
        func report(_ fault: PromptLine.Fault) {
          let column = String(decoding: bytes.prefix(max(0, fault.offset)), as: UTF8.self).count + 1
          let position = SourcePosition(line: number, column: column)
          faults.append(
            .init(
              Diagnostic(.error, file: file.name, at: position, fault.message, hint: fault.hint),
              line: String(decoding: bytes, as: UTF8.self)))
        }
        var reader = PromptLine()
        let prompt = reader.read(bytes)
        reader.faults.forEach(report)
        guard let prompt else { continue }
        let place = "\(file.name):\(number)"
        if let first = kinds[prompt.task], first.kind != prompt.kind {
          report(
            .init(
              offset: 0,
              message: "a \(prompt.kind.words) prompt in the task \"\(prompt.task)\", "
                + "which \(first.place) began with a \(first.kind.words) prompt",
              hint: "a task has prompts of one kind"))
          continue
        }
        let key = prompt.task + "\u{0}" + prompt.id
        if let first = places[key] {
          report(
            .init(
              offset: 0,
              message: "the id \"\(prompt.id)\" is already taken in the task \"\(prompt.task)\" by \(first)", hint: nil)
          )
          continue
        }
        places[key] = place
        if kinds[prompt.task] == nil {
          kinds[prompt.task] = (prompt.kind, place)
          order.append(prompt.task)
        }
        byTask[prompt.task, default: []].append(prompt)
      }
    }
    guard faults.isEmpty else { throw PromptError(faults: faults) }
    var prompts: [Prompt] = []
    var tasks: [PromptTask] = []
    for name in order {
      guard let kind = kinds[name]?.kind, let all = byTask[name] else { continue }
      let start = prompts.count
      prompts += all.prefix(limit ?? all.count)
      tasks.append(PromptTask(name: name, kind: kind, range: start..<prompts.count))
    }
    self.prompts = prompts
    self.tasks = tasks
  }

  /// A set of tasks and their prompts, in this order.
  public init(tasks: [(name: String, metrics: [any Metric], prompts: [Prompt])]) {
    var prompts: [Prompt] = []
    self.tasks = tasks.map { task in
      let start = prompts.count
      prompts += task.prompts
      return PromptTask(
        name: task.name, kind: task.prompts.first?.kind ?? .document, range: start..<prompts.count,
        metrics: task.metrics)
    }
    self.prompts = prompts
  }

  /// Both sets' tasks, this one's first; nil if a task is in both.
  public func joined(with other: PromptSet) -> PromptSet? {
    guard Set(tasks.map(\.name)).isDisjoint(with: other.tasks.map(\.name)) else { return nil }
    return PromptSet(
      tasks: [self, other].flatMap { set in
        set.tasks.map { ($0.name, $0.metrics, Array(set.prompts[$0.range])) }
      })
  }

  /// The set with the prompts of some tasks replaced by those of another set's tasks with the same names.
  public func replacing(_ other: PromptSet) -> PromptSet {
    PromptSet(
      tasks: tasks.map { task in
        let source = other.tasks.first { $0.name == task.name }
        return (task.name, task.metrics, source.map { Array(other.prompts[$0.range]) } ?? Array(prompts[task.range]))
      })
  }

  /// A text for each task that changes whenever its prompts do.
  public var digests: [String] {
    tasks.map { task in
      var hash = FNV1a()
      for prompt in prompts[task.range] {
        hash.combine(field: prompt.id)
        switch prompt.content {
        case .choice(let query, let choices, let gold):
          for field in [query] + choices + [String(gold)] { hash.combine(field: field) }
        case .generation(let text, let target):
          for field in [text, target] { hash.combine(field: field) }
        case .text(let text): hash.combine(field: text)
        case .document(let document): document.combine(into: &hash)
        }
      }
      return "\(task.name) \(task.kind.rawValue) \(task.range.count) \(hash.text)"
    }
  }
}

/// Prompts of one kind that are summarised together.
public struct PromptTask: Hashable, Sendable {
  /// The task's name.
  public var name: String
  /// The kind of its prompts.
  public var kind: PromptKind
  /// Where its prompts stand in the set.
  public var range: Range<Int>
  /// The metrics that judge its prompts; the first one stands for the task.
  public var metrics: [any Metric]

  /// Makes a task; without metrics of its own it has those of its kind of prompts.
  public init(name: String, kind: PromptKind, range: Range<Int>, metrics: [any Metric]? = nil) {
    self.name = name
    self.kind = kind
    self.range = range
    self.metrics = metrics ?? MetricCatalog.metrics(for: kind)
  }

  /// Whether two tasks have the same prompts and metrics of the same names.
  public static func == (a: PromptTask, b: PromptTask) -> Bool {
    a.name == b.name && a.kind == b.kind && a.range == b.range && a.metrics.map(\.card) == b.metrics.map(\.card)
  }

  /// Feeds a hasher.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    hasher.combine(range)
  }
}

/// Everything that is wrong with the prompt files of a run.
public struct PromptError: Error, CustomStringConvertible {
  /// One fault and the line it is on.
  public struct Fault: Hashable, Sendable {
    /// What is wrong and where.
    public var diagnostic: Diagnostic
    /// The line, if the fault is on one.
    public var line: String?

    /// Puts a fault together.
    public init(_ diagnostic: Diagnostic, line: String? = nil) {
      self.diagnostic = diagnostic
      self.line = line
    }

    /// The fault with its line and a caret.
    public var rendered: String {
      guard let line, let position = diagnostic.position else { return diagnostic.rendered(text: nil) }
      // A text in which the line has its number, without the lines before it.
      return diagnostic.rendered(text: String(repeating: "\n", count: position.line - 1) + line)
    }
  }

  /// How many faults are spelt out; the rest is counted.
  public static let shown = 50

  /// The faults in the order of the files.
  public var faults: [Fault]

  /// Collects faults.
  public init(faults: [Fault]) { self.faults = faults }

  /// The faults one below the other.
  public var description: String {
    var lines = faults.prefix(Self.shown).map(\.rendered)
    if faults.count > Self.shown { lines.append("… and \(faults.count - Self.shown) more errors") }
    return lines.joined(separator: "\n")
  }
}
