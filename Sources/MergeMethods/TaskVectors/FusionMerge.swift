internal import Kernels
internal import Tensors

/// Carries out Arcee Fusion: sums for the softmax of each row, the divergence of each row, three ranks, a choice.
final class FusionMerge: TensorMerge {
  private let task: MergeTask
  private let base: Int
  private let other: Int
  private var sums: RowExponentialSurvey?
  private var divergences: RowDivergenceSurvey?
  private var importance: ElementImportance?
  private var selection: MagnitudeSelection?

  init(task: MergeTask, base: Int) {
    self.task = task
    self.base = base
    other = 1 - base
  }

  func nextPass() throws(MergeMethodError) -> MergePass {
    let elements = task.shape.elementCount
    guard elements > 0 else {
      return .combine(WeightedDifferences(base: base, models: [], coefficients: [], lambda: 1))
    }
    guard let sums else {
      let survey = RowExponentialSurvey(task: task, base: base, other: other)
      sums = survey
      return .survey(survey)
    }
    guard let divergences else {
      let survey = RowDivergenceSurvey(task: task, base: base, other: other, softmax: sums.softmax)
      divergences = survey
      return .survey(survey)
    }
    if let importance, let selection {
      if let survey = selection.nextSurvey() { return .survey(MeasureSurvey(of: importance, inner: [survey])) }
      return .combine(combination(importance, ranks: selection.ranks))
    }
    importance = ElementImportance(
      base: base, other: other, rowLength: max(1, task.shape.rowLength), divergences: divergences.divergences)
    // The elements at these places in ascending order, as ranks counted from the largest.
    let ranks = [0.25, 0.5, 0.75].map { elements - Int($0 * Double(elements - 1)) }
    selection = MagnitudeSelection(
      task: task.ofMeasures, base: nil, requests: ranks.map { .init(input: 0, count: $0) }, settlesTies: false)
    return try nextPass()
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
  let divergences: [Float]

  func measure(_ block: InputBlock, into output: UnsafeMutableBufferPointer<Float>) {
    guard let target = output.baseAddress else { return }
    block.forEachRowPiece(rowLength: rowLength) { row, offset, count in
      VectorKernels.best.scaledDistance(
        block.address(other, at: offset), from: block.address(base, at: offset), bfloat16: block.isBFloat16,
        by: divergences[row], count: count, into: target + offset)
    }
  }
}
