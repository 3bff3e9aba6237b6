public import Evaluation
public import Tasks

/// Models that are asked the same prompts, one after the other, and compared.
public struct EvaluationRun: Sendable {
  /// A model and what it is called in the results.
  public struct Entry: Hashable, Sendable {
    /// What the results call it.
    public var name: String
    /// Where it is.
    public var argument: String
  }

  /// What came of a run.
  public struct Outcome: Sendable {
    /// The scores.
    public var record: ScoreRecord
    /// Every answer.
    public var samples: [SampleRecord]
    /// The answers of each model that gave some, and how long it took, in seconds.
    public var answers: [ModelAnswers]
  }

  /// What a model answered.
  public struct ModelAnswers: Sendable {
    /// What the results call the model.
    public var model: String
    /// Where it is.
    public var argument: String
    /// The answers, in the order of the prompts.
    public var answers: [Answer]
    /// How long it took, in seconds.
    public var seconds: Double
    /// The tasks as they were put to this model.
    public var suite: TaskSuite?
    /// The text of the chat template that the prompts were put by.
    public var chatTemplate: String?
  }

  /// The models, the one to compare with included.
  public let entries: [Entry]
  /// The name of the model that the others are compared with.
  public let reference: String?
  private let evaluator: Evaluator
  private let provider: any ModelProvider
  private let suite: TaskSuite?

  /// Prepares a run.
  ///
  /// - Parameters:
  ///   - models: the arguments that name the models.
  ///   - against: the model to compare with; it is asked first unless it is among the models.
  ///   - suite: the tasks among the prompts, whose groups are summed up.
  /// - Throws: a ``RequestError`` if a model is named twice.
  public init(
    models: [String], against: String?, evaluator: Evaluator, provider: any ModelProvider, suite: TaskSuite? = nil
  ) throws(RequestError) {
    let (arguments, reference) = try ModelList.joined(models, against: against)
    let names = ModelNames.distinct(arguments)
    entries = zip(names, arguments).map { Entry(name: $0, argument: $1) }
    self.reference = reference.map { names[$0] }
    self.evaluator = evaluator
    self.provider = provider
    self.suite = suite
  }

  /// Opens every model without reading a weight.
  ///
  /// - Throws: a ``RequestError`` with all that cannot be opened, one below the other.
  public func check() throws(RequestError) {
    let faults = ModelList.faults(entries.map(\.argument), provider)
    guard faults.isEmpty else { throw RequestError(collecting: faults) }
  }

  /// Asks the models; one that fails is reported by name and does not stop the others.
  public func run(report: @escaping @Sendable (RunEvent) -> Void) -> Outcome {
    let scorer = ModelScorer(evaluator: evaluator, provider: provider, suite: suite)
    let scoring = Scoring(prompts: evaluator.prompts)
    var answers: [ModelAnswers] = []
    let clock = ContinuousClock()
    var failures: [ModelFailure] = []
    var chatTemplates: [String: String] = [:]
    for entry in entries {
      let name = entry.name
      do {
        let inputs = try provider.inputs(of: entry.argument)
        if let remarks = inputs.remarks { report(.remark(model: name, remarks)) }
        chatTemplates[name] = inputs.chatTemplate
        let start = clock.now
        let own = try scorer.answers(of: entry.argument, name: name, report: report)
        answers.append(
          ModelAnswers(
            model: name, argument: entry.argument, answers: own.answers, seconds: (clock.now - start) / .seconds(1),
            suite: own.suite, chatTemplate: own.chatTemplate))
      } catch {
        let message = String(describing: error)
        failures.append(ModelFailure(model: name, message: message))
        report(.failed(model: name, message))
      }
    }
    let scored = scoring.record(
      of: answers.map { ($0.model, $0.answers) }, against: reference, failures: failures)
    var record = suite?.addingGroups(to: scored) ?? scored
    record.options = provider.options + evaluator.options.words
    record.note(chatTemplates: chatTemplates)
    return Outcome(
      record: record, samples: answers.flatMap { scoring.samples(of: $0.model, answers: $0.answers) },
      answers: answers)
  }
}
