public import Evaluation
internal import Reports
public import Tasks

/// Many specs, merged and scored on the same prompts as their parents; an interrupted or repeated run does only what is
/// left to do.
public struct Batch: Sendable {
  /// What a batch is to do.
  public struct Request: Sendable {
    /// The merge specs.
    public var specs: [String]
    /// Further models to score.
    public var models: [String]
    /// The model that the others are compared with.
    public var against: String?
    /// The folder of the results.
    public var destination: String
    /// Whether specs are only merged in memory, and no checkpoint is written.
    public var isInMemory: Bool

    /// Describes a batch.
    public init(
      specs: [String], models: [String] = [], against: String? = nil, destination: String, isInMemory: Bool = false
    ) {
      self.specs = specs
      self.models = models
      self.against = against
      self.destination = destination
      self.isInMemory = isInMemory
    }
  }

  /// A model of the batch.
  private struct Entry {
    var name: String
    var argument: String
    var isMerged: Bool
  }

  /// The names of the files of a batch; models are not called like them.
  private static let ownNames: Set<String> = ["leaderboard.md", "leaderboard.csv", "leaderboard.json", "samples.jsonl"]
  /// Changes whenever answers may change though nothing they depend on did.
  private static let version = 1

  private let specs: [String]
  private let entries: [Entry]
  private let reference: String?
  private let destination: String
  private let evaluator: Evaluator
  private let provider: any ModelProvider
  private let suite: TaskSuite?

  /// Prepares a batch.
  ///
  /// - Parameter suite: the tasks among the prompts, whose groups are summed up.
  ///
  /// - Throws: a ``RequestError`` if a spec or a model is named twice.
  public init(
    _ request: Request, evaluator: Evaluator, provider: any ModelProvider, suite: TaskSuite? = nil
  ) throws(RequestError) {
    let (arguments, reference) = try ModelList.joined(request.specs + request.models, against: request.against)
    let names = ModelNames.distinct(arguments, reserved: Self.ownNames)
    specs = request.specs
    let specs = Set(request.specs.map(ModelList.identity))
    entries = zip(names, arguments).map { name, argument in
      Entry(
        name: name, argument: argument,
        isMerged: !request.isInMemory && specs.contains(ModelList.identity(argument)))
    }
    self.reference = reference.map { names[$0] }
    destination = request.destination
    self.evaluator = evaluator
    self.provider = provider
    self.suite = suite
  }

  /// Finds out before the work whether the request makes sense: specs are files, and the models beside them can be
  /// opened. (What is wrong inside a spec is found when its turn comes, and does not stop the others.)
  ///
  /// - Throws: a ``RequestError`` with all that is wrong, one below the other.
  public func check() throws(RequestError) {
    var messages: [String] = []
    for spec in specs where !RecordFile.exists(spec) {
      let isPattern = spec.contains { "*?[".contains($0) }
      messages.append("\(spec): " + (isPattern ? "no file matches this pattern" : "there is no such spec"))
    }
    messages += ModelList.faults(entries.map(\.argument).filter { !specs.contains($0) }, provider)
    guard messages.isEmpty else { throw RequestError(collecting: messages) }
  }

  /// Merges and scores what is not done yet, and writes the leaderboard.
  ///
  /// A spec or a model that fails is reported and does not stop the others.
  ///
  /// - Throws: only if the results cannot be written.
  public func run(report: @escaping @Sendable (RunEvent) -> Void) throws -> ScoreRecord {
    let scoring = Scoring(prompts: evaluator.prompts)
    var answers: [(model: String, answers: [Answer])] = []
    var failures: [ModelFailure] = []
    var chatTemplates: [String: String] = [:]
    for entry in entries {
      do {
        let own = try self.answers(of: entry, scoring: scoring, report: report)
        answers.append((entry.name, own.answers))
        chatTemplates[entry.name] = own.chatTemplate
      } catch {
        let message = String(describing: error)
        failures.append(ModelFailure(model: entry.name, message: message))
        report(.failed(model: entry.name, message))
      }
    }
    let scored = scoring.record(of: answers, against: reference, failures: failures)
    var record = suite?.addingGroups(to: scored) ?? scored
    record.options = provider.options + evaluator.options.words
    record.note(chatTemplates: chatTemplates)
    let samples = answers.flatMap { scoring.samples(of: $0.model, answers: $0.answers) }
    try RecordFile.write(samples.map { $0.line + "\n" }.joined(), to: destination + "/samples.jsonl")
    for format in [ReportFormat.json, .csv, .md] {
      try RecordFile.write(
        Report(record).rendered(as: format), to: "\(destination)/leaderboard.\(format.rawValue)")
    }
    return record
  }

  private func answers(
    of entry: Entry, scoring: Scoring, report: @escaping @Sendable (RunEvent) -> Void
  ) throws -> (answers: [Answer], chatTemplate: String?) {
    let name = entry.name
    let folder = RunFolder(path: destination + "/" + name)
    let inputs = try provider.inputs(of: entry.argument)
    if let remarks = inputs.remarks { report(.remark(model: name, remarks)) }
    let needs = inputs.lines + evaluationInputs
    let isMergeMissing = entry.isMerged && !folder.hasModel(from: inputs.lines)
    if !isMergeMissing, let answers = folder.answers(to: evaluator.prompts, from: needs) {
      report(.reused(model: name))
      return (answers, inputs.chatTemplate)
    }
    if isMergeMissing {
      try provider.merge(entry.argument, into: folder.model) { report(.merging(model: name, done: $0, total: $1)) }
      try folder.writeMerge(inputs: inputs.lines)
    }
    let answers = try ModelScorer(evaluator: evaluator, provider: provider, suite: suite)
      .answers(of: entry.isMerged ? folder.model : entry.argument, name: name, report: report).answers
    try folder.write(
      scoring.samples(of: name, answers: answers), scores: scoring.scores(of: name, answers: answers), inputs: needs)
    return (answers, inputs.chatTemplate)
  }

  /// What answers depend on beside the model.
  private var evaluationInputs: [String] {
    ["evaluation \(Self.version)", "at most \(evaluator.options.maximumNewTokens) new tokens"]
      + (evaluator.options.doublesBeginToken ? ["begin token doubled"] : [])
      + evaluator.options.words
      + evaluator.prompts.digests.map { "prompts " + $0 }
  }
}
