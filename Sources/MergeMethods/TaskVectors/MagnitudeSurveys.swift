internal import Kernels

/// Counts the magnitudes of several inputs' differences to the base, one histogram for each request.
final class HistogramSurvey: Survey, @unchecked Sendable {
  // `totals` is written by `merge` alone, whose calls never overlap, and read after the pass.
  private final class Local {
    let histograms: [MagnitudeHistogram]
    init(_ histograms: [MagnitudeHistogram]) { self.histograms = histograms }
  }

  private let base: Int
  private let wanted: [(index: Int, input: Int, level: MagnitudeHistogram.Level)]

  /// The counts by request.
  private(set) var totals: [Int: [Int]] = [:]

  init(base: Int, wanted: [(index: Int, input: Int, level: MagnitudeHistogram.Level)]) {
    self.base = base
    self.wanted = wanted
  }

  func makeLocal() -> AnyObject { Local(wanted.map { MagnitudeHistogram(level: $0.level) }) }

  func observe(_ block: InputBlock, into local: AnyObject) {
    guard let local = local as? Local else { return }
    for (request, histogram) in zip(wanted, local.histograms) {
      histogram.count(
        block.inputs[request.input], base: block.inputs[base], count: block.count, with: VectorKernels.best)
    }
  }

  func merge(_ local: AnyObject) {
    guard let local = local as? Local else { return }
    for (request, histogram) in zip(wanted, local.histograms) { histogram.add(to: &totals[request.index, default: []]) }
  }
}

/// Counts, block by block, how many differences have exactly the magnitude at a threshold.
final class EqualsSurvey: Survey, @unchecked Sendable {
  // Each block has its own places in `counts`, so workers never write to the same one.
  private let base: Int
  private let wanted: [(index: Int, input: Int, pattern: UInt32)]
  private let counts: UnsafeMutableBufferPointer<UInt16>

  init(base: Int, elements: Int, wanted: [(index: Int, input: Int, pattern: UInt32)]) {
    self.base = base
    self.wanted = wanted
    let blocks = (elements + Streaming.blockElements - 1) / Streaming.blockElements
    counts = .allocate(capacity: blocks * wanted.count)
    counts.initialize(repeating: 0)
  }

  deinit { counts.deallocate() }

  func makeLocal() -> AnyObject { self }

  func observe(_ block: InputBlock, into local: AnyObject) {
    let row = block.start / Streaming.blockElements * wanted.count
    for (place, request) in wanted.enumerated() {
      counts[row + place] = UInt16(
        VectorKernels.best.countEqual(
          block.inputs[request.input], base: block.inputs[base], count: block.count, pattern: request.pattern))
    }
  }

  func merge(_ local: AnyObject) {}

  /// The counts of one request, in block order.
  func counts(of index: Int) -> [Int] {
    guard let place = wanted.firstIndex(where: { $0.index == index }) else { return [] }
    return stride(from: place, to: counts.count, by: wanted.count).map { Int(counts[$0]) }
  }
}
