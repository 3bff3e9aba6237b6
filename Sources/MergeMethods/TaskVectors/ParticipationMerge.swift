internal import Kernels
internal import Tensors

/// base + the mean of those differences that exceed a magnitude, with a factor for those that stand alone.
final class ParticipationMerge: TensorMerge {
  /// The factor of a model's lone differences, given how many it has alone and how many with others.
  typealias Factor = @Sendable (_ alone: Int, _ shared: Int) -> Double

  private let base: Int
  private let models: [Int]
  private let epsilon: Float
  private let factor: Factor?
  private var counts: ParticipationSurvey?

  init(task: MergeTask, epsilon: Double, factor: Factor?) throws(MergeMethodError) {
    (base, models) = try task.baseAndModels()
    self.epsilon = Float(epsilon)
    self.factor = factor
  }

  func nextPass() throws(MergeMethodError) -> MergePass {
    if factor != nil, counts == nil {
      let survey = ParticipationSurvey(base: base, models: models, epsilon: epsilon)
      counts = survey
      return .survey(survey)
    }
    let above = MagnitudeRank(threshold: Int32(bitPattern: epsilon.bitPattern), splitBlock: 0, equalsInSplitBlock: 0)
    let cuts = models.indices.map { place in
      let counted = counts?.counts[place] ?? (alone: 0, shared: 0)
      return ModelCut(
        weight: 1, keep: above, alone: Float(factor?(counted.alone, counted.shared) ?? 1))
    }
    return .combine(
      ElectedDifferences(
        differences: CutDifferences(base: base, models: models, cuts: cuts),
        rule: SignElection(consensus: .participants, divisor: .weights, lambda: 1)))
  }
}

/// Counts for each model the differences that exceed a magnitude, those of the model alone and those with company.
final class ParticipationSurvey: Survey, @unchecked Sendable {
  // `counts` is written by `merge` alone, whose calls never overlap; sums of integers have no order.
  private final class Local {
    var counts: [(alone: Int, shared: Int)]
    init(_ counts: [(alone: Int, shared: Int)]) { self.counts = counts }
  }

  private let base: Int
  private let models: [Int]
  private let epsilon: Float
  private(set) var counts: [(alone: Int, shared: Int)]

  init(base: Int, models: [Int], epsilon: Float) {
    self.base = base
    self.models = models
    self.epsilon = epsilon
    counts = models.map { _ in (0, 0) }
  }

  var takesBFloat16: Bool { true }

  func makeLocal() -> AnyObject { Local(models.map { _ in (0, 0) }) }

  func observe(_ block: InputBlock, into local: AnyObject) {
    guard let local = local as? Local else { return }
    let seen = block.withAddresses(models) { inputs in
      VectorKernels.best.countParticipants(
        from: block.address(base), inputs, bfloat16: block.isBFloat16, above: epsilon, count: block.count)
    }
    Self.add(seen, to: &local.counts)
  }

  func merge(_ local: AnyObject) {
    guard let local = local as? Local else { return }
    Self.add(local.counts, to: &counts)
  }

  private static func add(_ seen: [(alone: Int, shared: Int)], to counts: inout [(alone: Int, shared: Int)]) {
    for (place, count) in seen.enumerated() {
      counts[place].alone += count.alone
      counts[place].shared += count.shared
    }
  }
}
