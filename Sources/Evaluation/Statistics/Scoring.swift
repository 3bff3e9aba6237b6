/// Summarises answers: scores with standard errors, and paired differences to another model's answers.
public struct Scoring: Sendable {
  /// The prompts that were answered.
  public var prompts: PromptSet
  /// How intervals are made.
  public var bootstrap: PairedBootstrap

  /// Makes a scoring of answers to these prompts.
  public init(prompts: PromptSet, bootstrap: PairedBootstrap = PairedBootstrap()) {
    self.prompts = prompts
    self.bootstrap = bootstrap
  }

  /// A model's scores.
  ///
  /// - Parameters:
  ///   - answers: the model's answers, in the order of the prompts.
  ///   - others: the answers of the model to compare with, in the same order.
  public func scores(of model: String, answers: [Answer], against others: [Answer]? = nil) -> ModelScores {
    var tasks: [TaskScores] = []
    var accuracies: [(score: MetricScore, resampled: [Double])] = []
    for task in prompts.tasks {
      var scores = TaskScores(task: task.name, metrics: [], notes: Self.notes(answers[task.range]))
      for metric in task.metrics {
        let ours = observations(metric, answers, task)
        var score = MetricScore(metric: metric.card.name, score: metric.summarize(ours))
        var resampled: [Double] = []
        if let others {
          let theirs = observations(metric, others, task)
          resampled = bootstrap.differences(metric, task: task.name, of: ours, from: theirs)
          score.difference = difference(metric, ours, theirs, resampled: resampled)
        }
        if scores.metrics.isEmpty, metric.card.isAccuracy { accuracies.append((score, resampled)) }
        scores.metrics.append(score)
      }
      tasks.append(scores)
    }
    return ModelScores(model: model, tasks: tasks, mean: mean(accuracies))
  }

  /// The scores of several models, compared with one of them.
  ///
  /// - Parameters:
  ///   - answers: the models in the order in which they were asked, with their answers in the order of the prompts.
  ///   - reference: the name of the model to compare with; without answers of its own nothing is compared.
  public func record(
    of answers: [(model: String, answers: [Answer])], against reference: String?, failures: [ModelFailure]
  ) -> ScoreRecord {
    let others = answers.first { $0.model == reference }?.answers
    return ScoreRecord(
      models: answers.map { scores(of: $0.model, answers: $0.answers, against: $0.model == reference ? nil : others) },
      against: others == nil ? nil : reference, failures: failures)
  }

  /// The lines of a samples file: one for each prompt that a model answered.
  public func samples(of model: String, answers: [Answer]) -> [SampleRecord] {
    prompts.tasks.flatMap { task in
      task.range.filter(answers.indices.contains).map {
        SampleRecord(model: model, prompt: prompts.prompts[$0], answer: answers[$0], metrics: task.metrics)
      }
    }
  }

  private func observations(_ metric: any Metric, _ answers: [Answer], _ task: PromptTask) -> [Observation] {
    task.range.compactMap { metric.observe(answers[$0], to: prompts.prompts[$0]) }
  }

  private static func notes(_ answers: ArraySlice<Answer>) -> AnswerNotes {
    AnswerNotes(
      truncated: answers.count(where: \.isTruncated), cutOff: answers.count(where: \.isCutOff),
      reencoded: answers.count(where: \.isReencoded))
  }

  private func difference(
    _ metric: any Metric, _ ours: [Observation], _ theirs: [Observation], resampled: [Double]
  ) -> Difference? {
    guard let interval = PairedBootstrap.interval(resampled) else { return nil }
    let ourSums = Sums.of(ours)
    let theirSums = Sums.of(theirs)
    let influences = zip(metric.influences(ours, sums: ourSums), metric.influences(theirs, sums: theirSums)).map(-)
    var test: McNemar?
    if metric.card.isAccuracy {
      let pairs = zip(ours, theirs).map { $0.terms[0] - $1.terms[0] }
      test = McNemar(wins: pairs.count { $0 > 0 }, losses: pairs.count { $0 < 0 })
    }
    return Difference(
      value: metric.value(ofSums: ourSums) - metric.value(ofSums: theirSums),
      standardError: Jackknife.standardError(influences), low: interval.low, high: interval.high, mcNemar: test)
  }

  // MARK: The mean over tasks

  private func mean(_ accuracies: [(score: MetricScore, resampled: [Double])]) -> MeanScore? {
    guard !accuracies.isEmpty else { return nil }
    let count = Double(accuracies.count)
    let score = Score(
      value: accuracies.reduce(0) { $0 + $1.score.score.value } / count,
      standardError: Self.errorOfMean(accuracies.map(\.score.score.standardError)),
      count: accuracies.reduce(0) { $0 + $1.score.score.count })
    var mean = MeanScore(score: score, tasks: accuracies.count)
    let differences = accuracies.compactMap(\.score.difference)
    if differences.count == accuracies.count, let first = accuracies.first {
      let resampled = first.resampled.indices.map { index in
        accuracies.reduce(0) { $0 + $1.resampled[index] } / count
      }
      if let interval = PairedBootstrap.interval(resampled) {
        mean.difference = Difference(
          value: differences.reduce(0) { $0 + $1.value } / count,
          standardError: Self.errorOfMean(differences.map(\.standardError)), low: interval.low, high: interval.high)
      }
    }
    return mean
  }

  /// The standard error of a mean of independent values.
  private static func errorOfMean(_ errors: [Double?]) -> Double? {
    var squares = 0.0
    for error in errors {
      guard let error else { return nil }
      squares += error * error
    }
    return squares.squareRoot() / Double(errors.count)
  }
}
