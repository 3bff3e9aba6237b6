/// Summarises what models' vectors make of prompts: scores with standard errors, and paired differences.
public struct EmbeddingScoring: Sendable {
  /// The prompts that were answered.
  public var prompts: EmbeddingPromptSet
  /// How intervals are made.
  public var bootstrap: PairedBootstrap
  /// How many resamples a rank correlation has, each of which is sorted anew.
  public var resamples: Int

  /// Makes a scoring.
  public init(
    prompts: EmbeddingPromptSet, bootstrap: PairedBootstrap = PairedBootstrap(), resamples: Int = 1000
  ) {
    self.prompts = prompts
    self.bootstrap = bootstrap
    self.resamples = resamples
  }

  /// A metric that is the mean of what prompts add.
  private struct MeanMetric: Metric {
    let card: MetricCard

    init(_ name: String) {
      card = MetricCard(
        name: name, direction: .higherIsBetter, unit: "fraction", summary: "the mean over prompts",
        isAccuracy: name == "pair_accuracy")
    }

    func observe(_ answer: Answer, to prompt: Prompt) -> Observation? { nil }
    func value(ofSums sums: [Double]) -> Double { sums[0] / sums[1] }
  }

  /// What there is of a metric of one model.
  private struct Values {
    var name: String
    var score: Score
    /// The metric's value in each resample of the prompts.
    var resampled: [Double]
    /// The observations and their metric; nil for a rank correlation, which is no function of sums.
    var mean: ModelResamples.Values?
  }

  /// The scores of several models, compared with one of them.
  ///
  /// - Parameters:
  ///   - answers: the models with what their vectors make of each task's prompts, in their order.
  ///   - reference: the name of the model to compare with; without answers of its own nothing is compared.
  public func record(
    of answers: [(model: String, answers: [[EmbeddingAnswer]])], against reference: String?,
    failures: [ModelFailure] = []
  ) -> ScoreRecord {
    let values = answers.map { judged($0.answers) }
    let place = answers.firstIndex { $0.model == reference }
    var leaderboard = ComparedModels(
      zip(answers, values).enumerated().map { number, entry in
        ScoredModel(
          scores: scores(of: entry.0.model, entry.1, against: number == place ? nil : place.map { values[$0] }),
          main: entry.1.map { $0.first?.resampled ?? [] }, mean: [])
      },
      reference: place == nil ? nil : reference,
      against: place.map { place in
        ModelResamples(
          tasks: values[place].map { task in
            task.map {
              ModelResamples.Values(
                metric: MeanMetric($0.name), observations: $0.mean?.observations ?? [], resampled: $0.resampled)
            }
          })
      })
    leaderboard.testDifferences()
    return ScoreRecord(
      models: leaderboard.models.map(\.scores), against: place == nil ? nil : reference, failures: failures,
      selection: leaderboard.selection)
  }

  /// The lines of a samples file.
  public func samples(of model: String, answers: [[EmbeddingAnswer]]) -> [EmbeddingSample] {
    zip(prompts.tasks, answers).flatMap { task, answers in
      zip(task.prompts, answers).map { EmbeddingSample(model: model, prompt: $0, answer: $1) }
    }
  }

  // MARK: One model

  private func scores(of model: String, _ values: [[Values]], against others: [[Values]]?) -> ModelScores {
    ModelScores(
      model: model,
      tasks: prompts.tasks.indices.map { task in
        TaskScores(
          task: prompts.tasks[task].name,
          metrics: values[task].indices.map { index in
            let own = values[task][index]
            return MetricScore(
              metric: own.name, score: own.score,
              difference: others.flatMap { Self.difference(own, $0[task][index]) })
          })
      })
  }

  private static func difference(_ ours: Values, _ theirs: Values) -> Difference? {
    if let ours = ours.mean, let theirs = theirs.mean { return Scoring.difference(ours, theirs) }
    let differences = zip(ours.resampled, theirs.resampled).map(-)
    guard let interval = PairedBootstrap.interval(differences) else { return nil }
    return Difference(
      value: ours.score.value - theirs.score.value, standardError: RankCorrelation.deviation(differences),
      low: interval.low, high: interval.high)
  }

  private func judged(_ answers: [[EmbeddingAnswer]]) -> [[Values]] {
    zip(prompts.tasks, answers).map { task, answers in
      let pairs = zip(task.prompts, answers).compactMap { prompt, answer -> (cosine: Double, score: Double)? in
        guard case .similarity(_, _, let score) = prompt.content, case .similarity(let cosine) = answer else {
          return nil
        }
        return (cosine, score)
      }
      if !pairs.isEmpty {
        let resampled = RankCorrelation.resampled(pairs, task: task.name, resamples: resamples, seed: bootstrap.seed)
        let score = Score(
          value: RankCorrelation.spearman(pairs), standardError: RankCorrelation.deviation(resampled),
          count: pairs.count)
        return [Values(name: "spearman", score: score, resampled: resampled)]
      }
      let observed = answers.map { $0.values }
      return (observed.first ?? []).indices.map { index in
        let metric = MeanMetric(observed[0][index].metric)
        let observations = observed.map { Observation.mean(of: $0[index].value) }
        let resampled = bootstrap.values(metric, task: task.name, of: observations)
        return Values(
          name: metric.card.name, score: metric.summarize(observations), resampled: resampled,
          mean: ModelResamples.Values(metric: metric, observations: observations, resampled: resampled))
      }
    }
  }
}
