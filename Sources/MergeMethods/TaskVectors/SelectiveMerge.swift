internal import Kernels
internal import Tensors

/// Carries out SCE: counts where variances are not zero, finds the rank of the last one to take, adds up squares, elects.
final class SelectiveMerge: TensorMerge {
  private let task: MergeTask
  private let share: Double
  private let variances: DifferenceVariances
  private var zeros: EqualsSurvey?
  private var selection: MagnitudeSelection?
  private var squares: DifferenceSurvey?

  init(task: MergeTask, share: Double) throws(MergeMethodError) {
    let (base, models) = try task.baseAndModels()
    self.task = task
    self.share = share
    variances = DifferenceVariances(base: base, models: models)
  }

  func nextPass() throws(MergeMethodError) -> MergePass {
    let elements = task.shape.elementCount
    if share < 1, elements > 0, squares == nil {
      guard let zeros else {
        let survey = EqualsSurvey(base: 1, elements: elements, requests: [.init(index: 0, input: 0, pattern: 0)])
        zeros = survey
        return .survey(MeasureSurvey(of: variances, inner: survey))
      }
      if selection == nil {
        // mergekit multiplies in float32.
        let differing = elements - zeros.counts(of: 0).reduce(0, +)
        let taken = min(differing, Int(Float(differing) * Float(share)))
        selection = MagnitudeSelection(task: task.ofMeasures, base: 1, requests: [.init(input: 0, count: taken)])
      }
      if let survey = selection?.nextSurvey() { return .survey(MeasureSurvey(of: variances, inner: survey)) }
    }
    var differences = CutDifferences(
      base: variances.base, models: variances.models, cuts: variances.models.map { _ in ModelCut(weight: 1) },
      positions: selection?.ranks.first.map { SelectedPositions(measure: variances, rank: $0) })
    guard let squares else {
      let survey = DifferenceSurvey(differences, elements: elements)
      squares = survey
      return .survey(survey)
    }
    differences.cuts = weights(squares).map { ModelCut(weight: Float($0)) }
    return .combine(
      ElectedDifferences(
        differences: differences,
        rule: SignElection(consensus: .sum, isUnweighted: true, divisor: .weights, lambda: 1)))
  }

  /// Each model's share of the mean squares; equal ones where those are next to nothing.
  private func weights(_ squares: DifferenceSurvey) -> [Double] {
    let count = variances.models.count
    let means = (0..<count).map { squares.sums(of: $0).keptSquares / Double(max(1, task.shape.elementCount)) }
    let sum = means.reduce(0, +)
    return sum < 1e-6 ? means.map { _ in 1 / Double(count) } : means.map { $0 / sum }
  }
}

/// The variance of the models' differences at each position.
private struct DifferenceVariances: PositionMeasure {
  let base: Int
  let models: [Int]

  func measure(_ block: InputBlock, into output: UnsafeMutableBufferPointer<Float>) {
    block.withAddresses(models) { inputs in
      VectorKernels.best.varianceOfDifferences(
        from: block.address(base), inputs, bfloat16: block.isBFloat16, into: output)
    }
  }
}

extension MergeTask {
  /// The base and the other inputs, for a method that takes differences between them.
  func baseAndModels() throws(MergeMethodError) -> (base: Int, models: [Int]) {
    guard let base else { throw MergeMethodError("\(tensor) has no base model to take differences to") }
    let models = (0..<inputCount).filter { $0 != base }
    guard models.count <= SignElection.maximumModels else {
      throw MergeMethodError("\(models.count) models at once; at most \(SignElection.maximumModels) can be merged")
    }
    return (base, models)
  }
}
