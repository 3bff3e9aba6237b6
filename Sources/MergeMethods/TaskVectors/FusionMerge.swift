internal import Kernels
internal import Tensors

/// Carries out Arcee Fusion: the divergence of each row, three ranks, a choice.
final class FusionMerge: TensorMerge {
  private let task: MergeTask
  private let base: Int
  private let other: Int
  private let layout: RowLayout
  private let divergences: RowValues
  private var whole: WholeRowSurvey?
  private var sums: CutRowSumSurvey?
  private var parts: CutRowDivergenceSurvey?
  private var window: WindowSurvey?
  private var selection: MagnitudeSelection?

  init(task: MergeTask, base: Int) {
    self.task = task
    self.base = base
    other = 1 - base
    layout = RowLayout(of: task)
    divergences = RowValues(rows: layout.rows)
  }

  func nextPass() throws(MergeMethodError) -> MergePass {
    guard task.shape.elementCount > 0 else {
      return .combine(WeightedDifferences(base: base, models: [], coefficients: [], lambda: 1))
    }
    if let survey = nextRowSurvey() { return .survey(survey) }
    let importance = ElementImportance(
      base: base, other: other, rowLength: layout.rowLength, divergences: divergences)
    if window == nil, selection == nil, let guess = guess() {
      window = guess
      return .survey(MeasureSurvey(of: importance, inner: [guess]))
    }
    let selection =
      selection
      ?? MagnitudeSelection(
        task: task.ofMeasures, base: nil, requests: ranks.map { .init(input: 0, count: $0) }, settlesTies: false,
        window: window)
    self.selection = selection
    if let survey = selection.nextSurvey() { return .survey(MeasureSurvey(of: importance, inner: [survey])) }
    return .combine(combination(importance, ranks: selection.ranks))
  }

  /// The next pass that it takes to know the rows' divergences, or nil when they are known.
  private func nextRowSurvey() -> (any Survey)? {
    if layout.hasWholeRows, whole == nil {
      whole = WholeRowSurvey(layout: layout, base: base, other: other, divergences: divergences)
      return whole
    }
    guard layout.hasCutRows else { return nil }
    guard let sums else {
      sums = CutRowSumSurvey(layout: layout, base: base, other: other)
      return sums
    }
    guard let parts else {
      parts = CutRowDivergenceSurvey(layout: layout, base: base, other: other, sums: sums)
      return parts
    }
    parts.settle(divergences)
    return nil
  }

  /// The elements at the quartiles in ascending order, as ranks counted from the largest.
  private var ranks: [Int] {
    let elements = task.shape.elementCount
    return [0.25, 0.5, 0.75].map { elements - Int($0 * Double(elements - 1)) }
  }

  /// Where the quartiles should lie, given a sample of the importances.
  private func guess() -> WindowSurvey? {
    let (elements, sample) = (task.shape.elementCount, whole?.sample ?? [])
    // Four times the standard error of the rank of a median of so many independent elements, and a little more.
    let margin = 0.001 + 2 / Double(max(1, sample.reduce(0, +))).squareRoot()
    let windows = ranks.enumerated().compactMap { index, rank in
      WindowGuess.window(rank: rank, of: elements, sample: sample, margin: margin, expectsTies: false).map {
        WindowSurvey.Request(index: index, input: 0, window: $0)
      }
    }
    return windows.count == ranks.count ? WindowSurvey(base: nil, elements: elements, requests: windows) : nil
  }

  private func combination(_ importance: ElementImportance, ranks: [MagnitudeRank]) -> any Combination {
    let quartiles = ranks.map { Float(bitPattern: UInt32(bitPattern: $0.threshold)) }
    let threshold = quartiles[1] + 1.5 * (quartiles[2] - quartiles[0])
    var rank = MagnitudeRank.everything
    rank.threshold = Int32(bitPattern: threshold.bitPattern)
    // Nothing is below zero, so that a threshold of zero takes every element.
    let positions = threshold == 0 ? nil : SelectedPositions(measure: importance, rank: rank)
    return ElectedDifferences(
      differences: CutDifferences(base: base, models: [other], cuts: [ModelCut(weight: 1)], positions: positions),
      rule: SignElection(consensus: .none, divisor: .one, lambda: 1))
  }
}

/// |x − base| times the divergence of the row.
private struct ElementImportance: PositionMeasure {
  let base: Int
  let other: Int
  let rowLength: Int
  let divergences: RowValues

  func measure(_ block: InputBlock, into output: UnsafeMutableBufferPointer<Float>) {
    guard let target = output.baseAddress else { return }
    block.forEachRowPiece(rowLength: rowLength) { row, offset, count in
      VectorKernels.best.scaledDistance(
        block.address(other, at: offset), from: block.address(base, at: offset), bfloat16: block.isBFloat16,
        by: divergences[row], count: count, into: target + offset)
    }
  }
}
