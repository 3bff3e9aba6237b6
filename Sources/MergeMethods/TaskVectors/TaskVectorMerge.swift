internal import Kernels
internal import Tensors

/// Carries the rules out: surveys for ranks if something is sparsified by them, sums if it is rescaled, a count of signs if
/// a draw needs that, then the election.
final class TaskVectorMerge: TensorMerge {
  private let rules: TaskVectorRules
  private let task: MergeTask
  private let base: Int
  private let models: [Int]
  private let selection: MagnitudeSelection?
  /// For each model the place of its requests in the selection: what to keep, and what to drop again.
  private let places: [(keep: Int, drop: Int?)?]
  private var levels: RowLevelsSurvey?
  private var sums: DifferenceSurvey?
  /// For each model what was drawn where every element has the same chance, if it is needed again and there is room.
  private var drawn: [DrawnBits?] = []
  private var balance: SignBalanceSurvey?

  init(rules: TaskVectorRules, task: MergeTask, base: Int, models: [Int]) {
    self.rules = rules
    self.task = task
    self.base = base
    self.models = models
    let total = task.shape.elementCount
    var requests: [MagnitudeSelection.Request] = []
    var places: [(keep: Int, drop: Int?)?] = []
    for model in models {
      guard [.magnitude, .magnitudeOutliers].contains(rules.sparsifier), rules.density[model] < 1 else {
        places.append(nil)
        continue
      }
      // A density above zero keeps at least one element: mergekit stops with an assertion on such tiny tensors.
      let density = rules.density[model]
      let kept = density > 0 ? max(1, Int(density * Double(total))) : 0
      let dropped =
        rules.sparsifier == .magnitudeOutliers ? min(Int(rules.gamma[model] * Double(total)), total - kept) : 0
      requests.append(.init(input: model, count: min(total, kept + dropped)))
      if dropped > 0 { requests.append(.init(input: model, count: dropped)) }
      places.append((requests.count - (dropped > 0 ? 2 : 1), dropped > 0 ? requests.count - 1 : nil))
    }
    self.places = places
    selection = requests.isEmpty ? nil : MagnitudeSelection(task: task, base: base, requests: requests)
  }

  func nextPass() throws(MergeMethodError) -> MergePass {
    if sums == nil, balance == nil, let survey = selection?.nextSurvey() { return .survey(survey) }
    if rules.sparsifier == .randomByMagnitude, isThinned, levels == nil, task.shape.elementCount > 0 {
      let survey = RowLevelsSurvey(task: task, base: base, models: models, chances: models.map(chance(ofModel:)))
      levels = survey
      return .survey(survey)
    }
    for bits in (levels?.kept ?? drawn) { bits?.isComplete = true }
    if rescalesBySums, levels == nil, sums == nil, selection != nil || isThinned {
      if rules.sparsifier == .random { drawn = roomForDraws() }
      let survey = DifferenceSurvey(
        CutDifferences(base: base, models: models, cuts: cuts), elements: task.shape.elementCount)
      sums = survey
      return .survey(survey)
    }
    let differences = CutDifferences(base: base, models: models, cuts: cuts)
    if rules.drawsGoToMajority, balance == nil {
      let survey = SignBalanceSurvey(differences)
      balance = survey
      return .survey(survey)
    }
    if rules.consensus == .none, selection == nil, !isThinned { return .combine(weighted) }
    let drawIsNegative = balance.map { $0.balance <= 0 } ?? false
    return .combine(
      ElectedDifferences(differences: differences, rule: rules.election(drawIsNegative: drawIsNegative)))
  }

  /// Whether chance has a say in any model.
  private var isThinned: Bool { rules.sparsifier.isRandom && models.contains { rules.density[$0] < 1 } }

  private var rescalesBySums: Bool { rules.rescale && !rules.dividesByDensity }

  private var cuts: [ModelCut] {
    models.indices.map { index in
      let model = models[index]
      let ranks = places[index]
      let evenScale = rules.dividesByDensity && rules.density[model] > 0 ? Float(1 / rules.density[model]) : 1
      return ModelCut(
        weight: Float(rules.weight[model]), scale: scale(of: index) ?? evenScale,
        keep: ranks.flatMap { selection?.ranks[$0.keep] } ?? .everything,
        drop: ranks.flatMap { $0.drop.flatMap { selection?.ranks[$0] } } ?? .nothing, mask: mask(index))
    }
  }

  private func scale(of place: Int) -> Float? {
    if let levels { return rescalesBySums ? levels.scale(of: place) : nil }
    return sums?.scale(of: place)
  }

  private func key(ofModel model: Int) -> UInt64 { RandomDraw.key(seed: task.seed, tensor: task.tensor, model: model) }

  /// The chances of a model's differences by their ranks, if chance has a say in it.
  private func chance(ofModel model: Int) -> RowLevelsSurvey.Chance? {
    guard rules.density[model] > 0, rules.density[model] < 1 else { return nil }
    return .init(key: key(ofModel: model), density: rules.density[model], epsilon: rules.epsilon[model])
  }

  private func roomForDraws() -> [DrawnBits?] {
    let elements = task.shape.elementCount
    let isThin = models.map { rules.density[$0] < 1 }
    guard DrawnBits.byteCount(elements: elements) * isThin.count(where: \.self) <= task.spareBytes else { return [] }
    return isThin.map { $0 ? DrawnBits(elements: elements) : nil }
  }

  private func mask(_ place: Int) -> RandomMask? {
    let model = models[place]
    guard rules.sparsifier.isRandom, rules.density[model] < 1 else { return nil }
    if let levels, rules.density[model] > 0 {
      return RandomMask(rule: .byRank(levels, place: place), kept: levels.kept[place])
    }
    let draw = RandomDraw(key: key(ofModel: model), probability: rules.density[model])
    return RandomMask(rule: .even(draw), kept: place < drawn.count ? drawn[place] : nil)
  }

  /// Without sparsifier and election the merge is a plain combination of differences.
  private var weighted: WeightedDifferences {
    var weights = models.map { rules.weight[$0] }
    let sum = weights.reduce(0, +)
    if rules.normalizes, abs(sum) >= 1e-8 { weights = weights.map { $0 / sum } }
    return WeightedDifferences(
      base: base, models: models, coefficients: weights.map(Float.init), lambda: Float(rules.lambda))
  }
}

/// base + λ·Σ cᵢ·(xᵢ − base).
struct WeightedDifferences: Combination {
  let base: Int
  let models: [Int]
  let coefficients: [Float]
  let lambda: Float

  var takesBFloat16: Bool { true }

  func combine(_ block: InputBlock, into output: UnsafeMutableBufferPointer<Float>) {
    block.withAddresses(models) { inputs in
      VectorKernels.best.combineDifferences(
        to: block.address(base), inputs, bfloat16: block.isBFloat16, coefficients: coefficients, lambda: lambda,
        into: output)
    }
  }
}
