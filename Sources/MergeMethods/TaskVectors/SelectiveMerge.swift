internal import Kernels
internal import Tensors

/// Carries out SCE: counts where variances are not zero, finds the rank of the last one to take, adds up squares, elects.
///
/// Large tensors: a sample of blocks says about where that rank should be, so that the pass which counts variances also
/// counts around it. Squares are only added up where they could make a difference.
final class SelectiveMerge: TensorMerge {
  /// Where the mean squares add up to less, all weights are equal.
  private static let leastMeanSquares = 1e-6

  private let task: MergeTask
  private let share: Double
  private let variances: DifferenceVariances
  private var sample: HistogramSurvey?
  private var window: WindowSurvey?
  private var zeros: EqualsSurvey?
  private var selection: MagnitudeSelection?
  private var squares: DifferenceSurvey?

  init(task: MergeTask, share: Double) throws(MergeMethodError) {
    let (base, models) = try task.baseAndModels()
    self.task = task
    self.share = share
    variances = DifferenceVariances(base: base, models: models, elements: task.shape.elementCount)
  }

  func nextPass() throws(MergeMethodError) -> MergePass {
    if share < 1, task.shape.elementCount > 0, squares == nil, let survey = nextSurvey() { return .survey(survey) }
    var differences = CutDifferences(
      base: variances.base, models: variances.models, cuts: variances.models.map { _ in ModelCut(weight: 1) },
      positions: selection?.ranks.first.map { SelectedPositions(measure: variances, rank: $0) })
    if squares == nil, !areSquaresSmall {
      let survey = DifferenceSurvey(differences, elements: task.shape.elementCount, squared: true)
      squares = survey
      return .survey(survey)
    }
    differences.cuts = weights.map { ModelCut(weight: Float($0)) }
    variances.isMeasured = true
    return .combine(
      ElectedDifferences(
        differences: differences,
        rule: SignElection(consensus: .sum, isUnweighted: true, divisor: .weights, lambda: 1)))
  }

  /// The next pass that it takes to find the positions, or nil when they are known.
  private func nextSurvey() -> MeasureSurvey? {
    let elements = task.shape.elementCount
    guard let zeros else {
      let stride = MagnitudeSelection.sampleStride(of: elements)
      if stride > 1, sample == nil {
        let survey = HistogramSurvey(
          base: nil, elements: elements, blockStride: stride, requests: [.init(index: 0, input: 0, level: .upper)])
        sample = survey
        return MeasureSurvey(of: variances, inner: [survey])
      }
      let survey = EqualsSurvey(base: nil, elements: elements, requests: [.init(index: 0, input: 0, pattern: 0)])
      zeros = survey
      window = sample?.totals[0].flatMap { guess(from: $0) }
      variances.least = window?.least ?? 0
      return MeasureSurvey(of: variances, inner: [survey] + (window.map { [$0] } ?? []))
    }
    if selection == nil {
      let taken = taken(of: elements - zeros.counts(of: 0).reduce(0, +))
      selection = MagnitudeSelection(
        task: task.ofMeasures, base: nil, requests: [.init(input: 0, count: taken)], window: window)
    }
    return selection?.nextSurvey().map { MeasureSurvey(of: variances, inner: [$0]) }
  }

  /// Whether what all positions that might be selected have together is too little to make weights unequal.
  private var areSquaresSmall: Bool {
    guard let threshold = selection?.ranks.first?.threshold else { return false }
    return threshold >= variances.least && variances.greatestMeanSquares < Self.leastMeanSquares
  }

  /// How many positions to take of those where variances are not zero.
  private func taken(of differing: Int) -> Int {
    // mergekit multiplies in float32.
    min(differing, Int(Float(differing) * Float(share)))
  }

  /// Where the last variance to take should lie, given a histogram of the sample's.
  private func guess(from totals: [Int]) -> WindowSurvey? {
    let (elements, seen) = (task.shape.elementCount, totals.reduce(0, +))
    let differing = Double(elements) * Double(seen - (totals.first ?? 0)) / Double(max(1, seen))
    return WindowGuess.window(rank: max(1, taken(of: Int(differing))), of: elements, sample: totals).map {
      WindowSurvey(base: nil, elements: elements, requests: [.init(index: 0, input: 0, window: $0)])
    }
  }

  /// Each model's share of the mean squares; equal ones where those are next to nothing.
  private var weights: [Double] {
    let count = variances.models.count
    let means = (0..<count).map {
      (squares?.sums(of: $0).keptSquares ?? 0) / Double(max(1, task.shape.elementCount))
    }
    let sum = means.reduce(0, +)
    return sum < Self.leastMeanSquares ? means.map { _ in 1 / Double(count) } : means.map { $0 / sum }
  }
}

/// The variance of the models' differences at each position.
private final class DifferenceVariances: PositionMeasure, @unchecked Sendable {
  // Workers measure different blocks, each of which has its place in `squares`; between passes they are read and the other
  // variables are set.
  let base: Int
  let models: [Int]
  /// Whether nobody will ask for the squares any more.
  var isMeasured = false
  /// The pattern of the least variance at which squares are added up.
  var least: Int32 = 0
  private let elements: Int
  private let squares: UnsafeMutableBufferPointer<Double>

  init(base: Int, models: [Int], elements: Int) {
    self.base = base
    self.models = models
    self.elements = elements
    squares = .allocate(capacity: (elements + Streaming.blockElements - 1) / Streaming.blockElements)
    squares.initialize(repeating: 0)
  }

  deinit { squares.deallocate() }

  func measure(_ block: InputBlock, into output: UnsafeMutableBufferPointer<Float>) {
    let sum = block.withAddresses(models) { inputs in
      VectorKernels.best.varianceOfDifferences(
        from: block.address(base), inputs, bfloat16: block.isBFloat16,
        least: Float(bitPattern: UInt32(bitPattern: least)), into: output)
    }
    if !isMeasured { squares[block.start / Streaming.blockElements] = sum }
  }

  /// What the mean squares of the differences add up to at most where variances are not below the least, once all blocks
  /// have been measured.
  var greatestMeanSquares: Double { 1.001 * squares.reduce(0, +) / Double(max(1, elements)) }
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
