internal import Kernels
internal import Tensors

/// A number for each position that says how much the position matters; never negative.
protocol PositionMeasure: Sendable {
  /// Computes the numbers of a block.
  func measure(_ block: InputBlock, into output: UnsafeMutableBufferPointer<Float>)
}

extension PositionMeasure {
  /// A block of one input, the measures, which are differences to nothing.
  func withMeasures(of block: InputBlock, _ body: (InputBlock) -> Void) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, block.count)) { floats in
      guard let first = floats.baseAddress else { return }
      measure(block, into: UnsafeMutableBufferPointer(start: first, count: block.count))
      withUnsafePointer(to: UnsafePointer(first)) {
        body(
          InputBlock(inputs: UnsafeBufferPointer(start: $0, count: 1), count: block.count, start: block.start))
      }
    }
  }
}

/// Surveys of measures in place of inputs, which are computed once for all of them.
final class MeasureSurvey: Survey {
  private final class Local {
    let inner: [AnyObject]
    init(_ inner: [AnyObject]) { self.inner = inner }
  }

  private let measure: any PositionMeasure
  private let inner: [any Survey]

  /// - Parameter inner: at least one; all of them want to see the same blocks.
  init(of measure: any PositionMeasure, inner: [any Survey]) {
    self.measure = measure
    self.inner = inner
  }

  var takesBFloat16: Bool { true }
  var blockStride: Int { inner.map(\.blockStride).min() ?? 1 }
  func makeLocal() -> AnyObject { Local(inner.map { $0.makeLocal() }) }
  func observe(_ block: InputBlock, into local: AnyObject) {
    guard let local = local as? Local else { return }
    measure.withMeasures(of: block) { measures in
      for (survey, local) in zip(inner, local.inner) { survey.observe(measures, into: local) }
    }
  }
  func merge(_ local: AnyObject) {
    guard let local = local as? Local else { return }
    for (survey, local) in zip(inner, local.inner) { survey.merge(local) }
  }
}

extension MergeTask {
  /// The task as it looks to a survey of measures.
  var ofMeasures: MergeTask {
    var task = self
    (task.inputCount, task.base) = (1, nil)
    return task
  }
}

/// The positions whose measure is among the largest.
struct SelectedPositions: Sendable {
  let measure: any PositionMeasure
  let rank: MagnitudeRank

  /// A bit for each element of a block that is selected; where the measure is zero none is.
  func withBits(of block: InputBlock, _ body: (UnsafePointer<UInt16>) -> Void) {
    measure.withMeasures(of: block) { measures in
      withUnsafeTemporaryAllocation(of: UInt16.self, capacity: BlockBits.words) { bits in
        guard let first = bits.baseAddress else { return }
        VectorKernels.best.selectLargest(
          of: measures.inputs[0], count: block.count, above: rank.threshold,
          equal: rank.equals(inBlock: block.start / Streaming.blockElements), into: first)
        body(UnsafePointer(first))
      }
    }
  }
}
