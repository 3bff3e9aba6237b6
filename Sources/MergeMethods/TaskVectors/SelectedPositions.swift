internal import Kernels
internal import Tensors

/// A number for each position that says how much the position matters; never negative.
protocol PositionMeasure: Sendable {
  /// Computes the numbers of a block.
  func measure(_ block: InputBlock, into output: UnsafeMutableBufferPointer<Float>)
}

extension PositionMeasure {
  /// A block of two inputs: the measures, and zeros for their base.
  func withMeasures(of block: InputBlock, _ body: (InputBlock) -> Void) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, 2 * block.count)) { floats in
      floats.initialize(repeating: 0)
      guard let first = floats.baseAddress else { return }
      measure(block, into: UnsafeMutableBufferPointer(start: first, count: block.count))
      [UnsafePointer(first), UnsafePointer(first + block.count)].withUnsafeBufferPointer {
        body(InputBlock(inputs: $0, count: block.count, start: block.start))
      }
    }
  }
}

/// A survey of measures in place of inputs.
final class MeasureSurvey: Survey {
  private let measure: any PositionMeasure
  private let inner: any Survey

  init(of measure: any PositionMeasure, inner: any Survey) {
    self.measure = measure
    self.inner = inner
  }

  var takesBFloat16: Bool { true }
  var blockStride: Int { inner.blockStride }
  func makeLocal() -> AnyObject { inner.makeLocal() }
  func observe(_ block: InputBlock, into local: AnyObject) {
    measure.withMeasures(of: block) { inner.observe($0, into: local) }
  }
  func merge(_ local: AnyObject) { inner.merge(local) }
}

extension MergeTask {
  /// The task as it looks to a survey of measures.
  var ofMeasures: MergeTask {
    var task = self
    (task.inputCount, task.base) = (2, 1)
    return task
  }
}

/// The positions whose measure is among the largest.
struct SelectedPositions: Sendable {
  let measure: any PositionMeasure
  let rank: MagnitudeRank

  /// For each element of a block zero if it is not selected.
  func withMask(of block: InputBlock, _ body: (UnsafePointer<Float>) -> Void) {
    measure.withMeasures(of: block) { measures in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, block.count)) { mask in
        // What is left when the smaller ones are cut is the mask, but for measures of zero that are selected too.
        let cut = ModelCut(weight: 1, keep: rank).cut(
          inBlock: block.start / Streaming.blockElements, row: 0, selected: nil)
        measures.withAddresses([0]) { inputs in
          VectorKernels.best.elect(
            from: measures.address(1), inputs, cuts: [cut],
            rule: SignElection(consensus: .none, divisor: .one, lambda: 1),
            into: UnsafeMutableBufferPointer(rebasing: mask[0..<block.count]))
        }
        guard let first = mask.baseAddress else { return }
        body(UnsafePointer(first))
      }
    }
  }
}
