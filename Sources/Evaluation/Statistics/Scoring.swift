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
    let reference = others.map { ModelResamples($0, prompts: prompts, bootstrap: bootstrap) }
    return scored(model, answers, against: reference).scores
  }

  /// The scores of several models, compared with one of them.
  ///
  /// - Parameters:
  ///   - answers: the models in the order in which they were asked, with their answers in the order of the prompts.
  ///   - reference: the name of the model to compare with; without answers of its own nothing is compared.
  public func record(
    of answers: [(model: String, answers: [Answer])], against reference: String?, failures: [ModelFailure]
  ) -> ScoreRecord {
    let others = answers.first { $0.model == reference }
      .map { ModelResamples($0.answers, prompts: prompts, bootstrap: bootstrap) }
    let scored = answers.map { self.scored($0.model, $0.answers, against: $0.model == reference ? nil : others) }
    var leaderboard = ComparedModels(scored, reference: others == nil ? nil : reference, against: others)
    leaderboard.testDifferences()
    return ScoreRecord(
      models: leaderboard.models.map(\.scores), against: others == nil ? nil : reference, failures: failures,
      selection: leaderboard.selection)
  }

  /// The lines of a samples file: one for each prompt that a model answered.
  public func samples(of model: String, answers: [Answer]) -> [SampleRecord] {
    prompts.tasks.flatMap { task in
      task.range.filter(answers.indices.contains).map {
        SampleRecord(model: model, prompt: prompts.prompts[$0], answer: answers[$0], metrics: task.metrics)
      }
    }
  }

  private static func notes(_ answers: ArraySlice<Answer>) -> AnswerNotes {
    AnswerNotes(
      truncated: answers.count(where: \.isTruncated), cutOff: answers.count(where: \.isCutOff),
      reencoded: answers.count(where: \.isReencoded))
  }

  // MARK: One model

  private func scored(_ model: String, _ answers: [Answer], against reference: ModelResamples?) -> ScoredModel {
    let ours = ModelResamples(answers, prompts: prompts, bootstrap: bootstrap)
    var scores = ModelScores(model: model, tasks: [])
    var main: [[Double]] = []
    for (number, task) in prompts.tasks.enumerated() {
      var taskScores = TaskScores(task: task.name, metrics: [], notes: Self.notes(answers[task.range]))
      for (index, values) in ours.tasks[number].enumerated() {
        var score = MetricScore(metric: values.metric.card.name, score: values.metric.summarize(values.observations))
        if let theirs = reference?.tasks[number][index] { score.difference = Self.difference(values, theirs) }
        taskScores.metrics.append(score)
      }
      main.append(ours.tasks[number].first?.resampled ?? [])
      scores.tasks.append(taskScores)
    }
    let accuracies = ours.tasks.indices.filter { ours.tasks[$0].first?.metric.card.isAccuracy == true }
    let resampledMean = ScoredModel.mean(of: accuracies.map { main[$0] })
    scores.mean = mean(
      accuracies.map { scores.tasks[$0].metrics[0] }, resampled: resampledMean,
      theirs: reference.map { other in
        ScoredModel.mean(of: accuracies.map { other.tasks[$0].first?.resampled ?? [] })
      })
    return ScoredModel(scores: scores, main: main, mean: resampledMean)
  }

  /// How far one model's metric is from another's.
  static func difference(_ ours: ModelResamples.Values, _ theirs: ModelResamples.Values) -> Difference? {
    guard ours.observations.count == theirs.observations.count,
      let interval = PairedBootstrap.interval(zip(ours.resampled, theirs.resampled).map(-))
    else { return nil }
    let metric = ours.metric
    let ourSums = Sums.of(ours.observations)
    let theirSums = Sums.of(theirs.observations)
    let influences = zip(
      metric.influences(ours.observations, sums: ourSums), metric.influences(theirs.observations, sums: theirSums)
    ).map(-)
    var test: McNemar?
    if metric.card.isAccuracy {
      let pairs = zip(ours.observations, theirs.observations).map { $0.terms[0] - $1.terms[0] }
      test = McNemar(wins: pairs.count { $0 > 0 }, losses: pairs.count { $0 < 0 })
    }
    return Difference(
      value: metric.value(ofSums: ourSums) - metric.value(ofSums: theirSums),
      standardError: Jackknife.standardError(influences), low: interval.low, high: interval.high, mcNemar: test)
  }

  private func mean(_ accuracies: [MetricScore], resampled: [Double], theirs: [Double]?) -> MeanScore? {
    guard !accuracies.isEmpty else { return nil }
    let count = Double(accuracies.count)
    let score = Score(
      value: accuracies.reduce(0) { $0 + $1.score.value } / count,
      standardError: Self.errorOfMean(accuracies.map(\.score.standardError)),
      count: accuracies.reduce(0) { $0 + $1.score.count })
    var mean = MeanScore(score: score, tasks: accuracies.count)
    let differences = accuracies.compactMap(\.difference)
    if let theirs, differences.count == accuracies.count,
      let interval = PairedBootstrap.interval(zip(resampled, theirs).map(-))
    {
      mean.difference = Difference(
        value: differences.reduce(0) { $0 + $1.value } / count,
        standardError: Self.errorOfMean(differences.map(\.standardError)), low: interval.low, high: interval.high)
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
