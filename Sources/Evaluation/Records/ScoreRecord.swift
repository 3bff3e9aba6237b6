/// The scores of a metric on the prompts of a task.
public struct MetricScore: Hashable, Sendable {
  /// The metric's name.
  public var metric: String
  /// The value over the task's prompts.
  public var score: Score
  /// How far the model is from the one it is compared with.
  public var difference: Difference?

  /// Makes a score of a metric.
  public init(metric: String, score: Score, difference: Difference? = nil) {
    self.metric = metric
    self.score = score
    self.difference = difference
  }
}

/// A model's scores on a task.
public struct TaskScores: Hashable, Sendable {
  /// The task's name.
  public var task: String
  /// The scores; the first metric stands for the task in a leaderboard.
  public var metrics: [MetricScore]
  /// Prompts that were not put or answered as they stand.
  public var notes: AnswerNotes

  /// Makes the scores of a task.
  public init(task: String, metrics: [MetricScore], notes: AnswerNotes = AnswerNotes()) {
    self.task = task
    self.metrics = metrics
    self.notes = notes
  }
}

/// How many prompts were not put or answered as they stand.
public struct AnswerNotes: Hashable, Sendable {
  /// Prompts whose front was dropped because they did not fit into the model.
  public var truncated = 0
  /// Generations that ran into the limit of new tokens.
  public var cutOff = 0
  /// Prompts of which a continuation was encoded alone.
  public var reencoded = 0

  /// Makes counts.
  public init(truncated: Int = 0, cutOff: Int = 0, reencoded: Int = 0) {
    self.truncated = truncated
    self.cutOff = cutOff
    self.reencoded = reencoded
  }

  /// Whether there is nothing to say.
  public var isEmpty: Bool { truncated == 0 && cutOff == 0 && reencoded == 0 }
}

/// A model's scores on all tasks.
public struct ModelScores: Hashable, Sendable {
  /// The model's name.
  public var model: String
  /// The scores of each task, in the order of the prompts.
  public var tasks: [TaskScores]
  /// The mean of the accuracies (`acc`, `exact_match`) of the tasks that have one, each task counting alike.
  public var mean: MeanScore?
  /// The digest of the chat template that the prompts were put by; nil for prompts as they are.
  public var chatTemplate: String?

  /// Makes the scores of a model.
  public init(model: String, tasks: [TaskScores], mean: MeanScore? = nil) {
    self.model = model
    self.tasks = tasks
    self.mean = mean
  }
}

/// The mean of several tasks' accuracies.
public struct MeanScore: Hashable, Sendable {
  /// The mean; its standard error is √Σseₜ²/T, and its count the prompts of all these tasks.
  public var score: Score
  /// The number of tasks.
  public var tasks: Int
  /// How far the model is from the one it is compared with; prompts are resampled within each task.
  public var difference: Difference?

  /// Makes a mean.
  public init(score: Score, tasks: Int, difference: Difference? = nil) {
    self.score = score
    self.tasks = tasks
    self.difference = difference
  }
}

/// A model that could not be scored.
public struct ModelFailure: Hashable, Sendable {
  /// The model's name.
  public var model: String
  /// What went wrong.
  public var message: String

  /// Names a failure.
  public init(model: String, message: String) {
    self.model = model
    self.message = message
  }
}

/// Everything that is known about some models after they were asked the same prompts.
public struct ScoreRecord: Hashable, Sendable {
  /// The models in the order in which they were asked.
  public var models: [ModelScores]
  /// The model that the others are compared with.
  public var against: String?
  /// The models that could not be scored.
  public var failures: [ModelFailure]
  /// What decided over the models beside their specs, as the command line has it: `--seed 7`.
  public var options: [String] = []
  /// What must be known before the best of the models is believed; only for two or more.
  public var selection: SelectionSummary?

  /// Makes a record.
  public init(
    models: [ModelScores], against: String? = nil, failures: [ModelFailure] = [], selection: SelectionSummary? = nil
  ) {
    self.models = models
    self.against = against
    self.failures = failures
    self.selection = selection
  }
}
