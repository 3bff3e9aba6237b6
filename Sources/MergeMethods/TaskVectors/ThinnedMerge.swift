internal import Kernels
internal import Tensors

/// The merge of one tensor whose task vectors are thinned out at random.
///
/// A survey for the levels of each row, if chances depend on magnitudes, one for the rescaling, then the election over
/// what the masks leave.
final class ThinnedMerge: TensorMerge {
  private let rules: TaskVectorRules
  private let task: MergeTask
  private let base: Int
  private let models: [Int]
  private var levels: RowLevelsSurvey?
  private var sums: RescaleSurvey?

  init(rules: TaskVectorRules, task: MergeTask, base: Int, models: [Int]) {
    self.rules = rules
    self.task = task
    self.base = base
    self.models = models
  }

  func nextPass() throws(MergeMethodError) -> MergePass {
    if rules.sparsifier == .randomByMagnitude, levels == nil, task.shape.elementCount > 0 {
      let survey = RowLevelsSurvey(task: task, base: base, models: models)
      levels = survey
      return .survey(survey)
    }
    let masks = models.indices.map(mask)
    if rules.rescale, sums == nil {
      let survey = RescaleSurvey(
        base: base, models: models, cuts: cuts, masks: masks, elements: task.shape.elementCount)
      sums = survey
      return .survey(survey)
    }
    let elected = ElectedDifferences(base: base, models: models, cuts: cuts, rule: rules.election)
    return .combine(ThinnedDifferences(base: base, models: models, masks: masks, elected: elected))
  }

  private var cuts: [ModelCut] {
    models.enumerated().map { place, model in
      ModelCut(
        weight: Float(rules.weight[model]), scale: sums?.scale(of: place) ?? 1, keep: .everything, drop: .nothing)
    }
  }

  private func mask(_ place: Int) -> RandomMask? {
    let model = models[place]
    let density = rules.density[model]
    guard density < 1 else { return nil }
    let key = RandomDraw.key(seed: task.seed, tensor: task.tensor, model: model)
    guard density > 0, let levels else { return .even(RandomDraw(key: key, probability: density)) }
    return .byRank(
      key: key, levels: levels, place: place,
      thresholds: levels.thresholds(density: density, epsilon: rules.epsilon[model]))
  }
}

/// What chance leaves of one model's differences.
enum RandomMask: Sendable {
  /// Every element has the same chance.
  case even(RandomDraw)
  /// The chance depends on the rank of the magnitude in its row.
  case byRank(key: UInt64, levels: RowLevelsSurvey, place: Int, thresholds: [UInt64])

  /// Writes the model's block with the base's elements in place of those that are dropped.
  func thinOut(_ block: InputBlock, base: Int, model: Int, into output: UnsafeMutablePointer<Float>) {
    switch self {
    case .even(let draw):
      VectorKernels.best.thinOut(
        block.inputs[model], base: block.inputs[base], count: block.count, draw: draw, first: block.start,
        into: output)
    case .byRank(let key, let levels, let place, let thresholds):
      block.forEachRowPiece(rowLength: levels.rowLength) { row, offset, count in
        let draw = RandomDraw(key: key, levels: levels.levels(ofRow: row, place: place), thresholds: thresholds)
        VectorKernels.best.thinOut(
          block.inputs[model] + offset, base: block.inputs[base] + offset, count: count, draw: draw,
          first: block.start + offset, into: output + offset)
      }
    }
  }
}

/// An election over thinned-out models.
struct ThinnedDifferences: Combination {
  let base: Int
  let models: [Int]
  let masks: [RandomMask?]
  let elected: ElectedDifferences

  func combine(_ block: InputBlock, into output: UnsafeMutableBufferPointer<Float>) {
    block.withThinned(base: base, models, masks) { elected.combine($0, into: output) }
  }
}

extension InputBlock {
  /// The block with masked models thinned out; `masks` is parallel to `models`.
  func withThinned(base: Int, _ models: [Int], _ masks: [RandomMask?], _ body: (InputBlock) -> Void) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, models.count * count)) { floats in
      guard let first = floats.baseAddress else { return }
      var pointers = Array(inputs)
      for (place, model) in models.enumerated() {
        guard let mask = masks[place] else { continue }
        let target = first + place * count
        mask.thinOut(self, base: base, model: model, into: target)
        pointers[model] = UnsafePointer(target)
      }
      pointers.withUnsafeBufferPointer { body(InputBlock(inputs: $0, count: count, start: start)) }
    }
  }
}
