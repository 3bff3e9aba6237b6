/// A model's scores, and its main metrics in each resample of the prompts.
struct ScoredModel {
  var scores: ModelScores
  /// For each task the main metric's value in each resample.
  let main: [[Double]]
  /// The mean of the accuracies in each resample.
  let mean: [Double]

  /// The means over tasks, resample by resample.
  static func mean(of tasks: [[Double]]) -> [Double] {
    guard let count = tasks.map(\.count).min() else { return [] }
    return (0..<count).map { index in tasks.reduce(0) { $0 + $1[index] } / Double(tasks.count) }
  }
}

/// Models that were asked the same prompts, looked at together.
struct ComparedModels {
  private(set) var models: [ScoredModel]
  private let reference: String?
  private let others: ModelResamples?

  /// - Parameters:
  ///   - reference: the name of the model that the others are compared with.
  ///   - others: its resamples.
  init(_ models: [ScoredModel], reference: String?, against others: ModelResamples?) {
    self.models = models
    self.reference = reference
    self.others = others
  }

  private var candidates: [Int] { models.indices.filter { models[$0].scores.model != reference } }

  // MARK: Tests

  /// A difference of a model's scores, by its place there.
  private enum Place {
    case task(Int)
    case mean

    func difference(_ scores: ModelScores) -> Difference? {
      switch self {
      case .task(let task): scores.tasks[task].metrics.first?.difference
      case .mean: scores.mean?.difference
      }
    }

    func set(_ test: DifferenceTest, in scores: inout ModelScores) {
      switch self {
      case .task(let task): scores.tasks[task].metrics[0].difference?.test = test
      case .mean: scores.mean?.difference?.test = test
      }
    }
  }

  /// Tests the differences in the mean and in each task's main metric, corrected for the number of models.
  mutating func testDifferences() {
    guard let others, let first = models.first else { return }
    for task in first.scores.tasks.indices {
      test(.task(task), theirs: others.tasks[task].first?.resampled ?? []) { $0.main[task] }
    }
    let accuracies = others.tasks.filter { $0.first?.metric.card.isAccuracy == true }
    test(.mean, theirs: ScoredModel.mean(of: accuracies.compactMap { $0.first?.resampled })) { $0.mean }
  }

  private mutating func test(_ place: Place, theirs: [Double], ours: (ScoredModel) -> [Double]) {
    let compared = candidates.filter { place.difference(models[$0].scores) != nil }
    let differences = compared.compactMap { place.difference(models[$0].scores) }
    let probabilities = differences.map { difference in
      if let test = difference.mcNemar { return test.midP }
      guard let error = difference.standardError, error > 0 else { return difference.value == 0 ? 1.0 : 0.0 }
      return NormalDistribution.twoSided(difference.value / error)
    }
    let holm = HolmCorrection.adjusted(probabilities)
    let maximum = MaximumStatistic.adjusted(
      differences.map(\.value), errors: differences.map(\.standardError),
      resampled: compared.map { zip(ours(models[$0]), theirs).map(-) })
    for (index, model) in compared.enumerated() {
      let test = DifferenceTest(probability: probabilities[index], holm: holm[index], maximum: maximum[index])
      place.set(test, in: &models[model].scores)
    }
  }

  // MARK: Selection

  /// What picking the best candidate amounts to; nil for fewer than two.
  var selection: SelectionSummary? {
    let candidates = self.candidates.map { models[$0] }
    guard candidates.count > 1 else { return nil }
    let hasMeans = candidates.allSatisfy { $0.scores.mean != nil }
    guard hasMeans || candidates.allSatisfy({ $0.scores.tasks.first?.metrics.isEmpty == false }) else { return nil }
    let main = candidates[0].scores.tasks.first?.metrics.first?.metric ?? ""
    let sign = !hasMeans && MetricCatalog.card(main)?.direction == .lowerIsBetter ? -1.0 : 1.0
    let values = candidates.map {
      sign * (hasMeans ? $0.scores.mean?.score.value ?? .nan : $0.scores.tasks[0].metrics[0].score.value)
    }
    let resampled = candidates.map { (hasMeans ? $0.mean : $0.main[0]).map { sign * $0 } }
    guard let optimism = SelectionBias.optimism(values, resampled: resampled),
      let best = values.indices.max(by: { (values[$0], $1) < (values[$1], $0) })
    else { return nil }
    let place = hasMeans ? Place.mean : .task(0)
    let detectable = candidates.compactMap { place.difference($0.scores)?.detectable }.sorted()
    return SelectionSummary(
      candidates: candidates.count, best: candidates[best].scores.model,
      task: hasMeans ? nil : candidates[0].scores.tasks[0].task, optimism: optimism,
      detectable: detectable.isEmpty ? nil : detectable[detectable.count / 2])
  }
}
