internal import Kernels

/// Counts the magnitudes of several inputs' differences to the base, one histogram for each request.
final class HistogramSurvey: Survey, @unchecked Sendable {
  // `totals` is written by `merge` alone, whose calls never overlap; the blocks' counts have a place for each block.
  private final class Local {
    let histograms: [MagnitudeHistogram]
    init(_ histograms: [MagnitudeHistogram]) { self.histograms = histograms }
  }

  /// What is counted, and for whom.
  struct Request {
    var index: Int
    var input: Int
    var level: MagnitudeHistogram.Level
  }

  let blockStride: Int
  private let base: Int?
  private let requests: [Request]
  private let evens: BlockCounts

  /// The counts by request.
  private(set) var totals: [Int: [Int]] = [:]

  init(base: Int?, elements: Int, blockStride: Int = 1, requests: [Request]) {
    self.blockStride = blockStride
    self.base = base
    self.requests = requests
    evens = BlockCounts(elements: elements, columns: requests.count)
  }

  var takesBFloat16: Bool { true }

  func makeLocal() -> AnyObject { Local(requests.map { MagnitudeHistogram(level: $0.level) }) }

  func observe(_ block: InputBlock, into local: AnyObject) {
    guard let local = local as? Local else { return }
    for (column, request) in requests.enumerated() {
      let even = local.histograms[column].count(
        block.address(request.input), base: base.map { block.address($0) }, bfloat16: block.isBFloat16,
        count: block.count,
        with: VectorKernels.best)
      evens.set(even, block: block.start / Streaming.blockElements, column: column)
    }
  }

  func merge(_ local: AnyObject) {
    guard let local = local as? Local else { return }
    for (request, histogram) in zip(requests, local.histograms) {
      histogram.add(to: &totals[request.index, default: []])
    }
  }

  /// How many magnitudes of each block are a request's prefix followed by zeros, in block order.
  func evenCounts(of index: Int) -> [Int] {
    requests.firstIndex { $0.index == index }.map(evens.column) ?? []
  }
}

/// Counts, block by block, how many differences have exactly the magnitude at a threshold.
final class EqualsSurvey: Survey, @unchecked Sendable {
  // The counts have a place for each block, so workers never write to the same one.

  /// What is counted, and for whom.
  struct Request {
    var index: Int
    var input: Int
    var pattern: UInt32
  }

  private let base: Int?
  private let requests: [Request]
  private let equals: BlockCounts

  init(base: Int?, elements: Int, requests: [Request]) {
    self.base = base
    self.requests = requests
    equals = BlockCounts(elements: elements, columns: requests.count)
  }

  var takesBFloat16: Bool { true }

  func makeLocal() -> AnyObject { self }

  func observe(_ block: InputBlock, into local: AnyObject) {
    for (column, request) in requests.enumerated() {
      let count = VectorKernels.best.countEqual(
        block.address(request.input), base: base.map { block.address($0) }, bfloat16: block.isBFloat16,
        count: block.count,
        pattern: request.pattern)
      equals.set(count, block: block.start / Streaming.blockElements, column: column)
    }
  }

  func merge(_ local: AnyObject) {}

  /// The counts of one request, in block order.
  func counts(of index: Int) -> [Int] { requests.firstIndex { $0.index == index }.map(equals.column) ?? [] }
}

/// A small count for each block of a tensor and each of several questions.
final class BlockCounts: @unchecked Sendable {
  // Different workers set different blocks; nobody reads before the pass is over.
  private let columns: Int
  private let counts: UnsafeMutableBufferPointer<UInt16>

  init(elements: Int, columns: Int) {
    self.columns = columns
    counts = .allocate(capacity: (elements + Streaming.blockElements - 1) / Streaming.blockElements * columns)
    counts.initialize(repeating: 0)
  }

  deinit { counts.deallocate() }

  func set(_ count: Int, block: Int, column: Int) { counts[block * columns + column] = UInt16(count) }

  func column(_ column: Int) -> [Int] {
    stride(from: column, to: counts.count, by: columns).map { Int(counts[$0]) }
  }
}
