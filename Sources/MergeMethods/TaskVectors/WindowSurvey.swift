internal import Kernels

/// Counts magnitudes around an expected threshold: one light pass instead of two heavy ones when the guess is right.
final class WindowSurvey: Survey, @unchecked Sendable {
  // `counts` is written by `merge` alone, whose calls never overlap; the blocks' counts have a place for each block.
  private final class Local {
    let counts: [MagnitudeWindowCount]
    init(_ counts: [MagnitudeWindowCount]) { self.counts = counts }
  }

  /// What is counted, and for whom.
  struct Request {
    var index: Int
    var input: Int
    var window: MagnitudeWindow
  }

  /// What became of a rank.
  enum Finding {
    /// It lies outside of the window after all.
    case outside
    /// The pattern at the rank, and how many of its equals are in, of how many; by block, if that was counted.
    case found(pattern: UInt32, remaining: Int, equals: Int, byBlock: [Int]?)
  }

  private let base: Int?
  private let requests: [Request]
  private var runs: [Range<Int>] = []
  private let counts: [MagnitudeWindowCount]
  private let spikes: BlockCounts

  init(base: Int?, elements: Int, requests unordered: [Request]) {
    self.base = base
    // Those of one input are looked for at once, as far as that goes.
    let requests = unordered.sorted { ($0.input, $0.index) < ($1.input, $1.index) }
    self.requests = requests
    for place in requests.indices {
      if let last = runs.last, requests[last.lowerBound].input == requests[place].input,
        last.count < MagnitudeWindowCount.together
      {
        runs[runs.count - 1] = last.lowerBound..<place + 1
      } else {
        runs.append(place..<place + 1)
      }
    }
    counts = requests.map { MagnitudeWindowCount(window: $0.window) }
    spikes = BlockCounts(elements: elements, columns: requests.count * MagnitudeWindow.maximumSpikes)
  }

  /// The least pattern that any of the windows has.
  var least: Int32? { requests.map { Int32(bitPattern: $0.window.patterns.lowerBound) }.min() }

  var takesBFloat16: Bool { true }

  func makeLocal() -> AnyObject { Local(requests.map { MagnitudeWindowCount(window: $0.window) }) }

  func observe(_ block: InputBlock, into local: AnyObject) {
    guard let local = local as? Local else { return }
    let number = block.start / Streaming.blockElements
    for run in runs {
      let equal = MagnitudeWindowCount.count(
        block.address(requests[run.lowerBound].input), base: base.map { block.address($0) },
        bfloat16: block.isBFloat16, count: block.count, into: local.counts[run], with: VectorKernels.best)
      for (column, equal) in zip(run, equal) {
        for (spike, count) in equal.enumerated() {
          spikes.set(count, block: number, column: column * MagnitudeWindow.maximumSpikes + spike)
        }
      }
    }
  }

  func merge(_ local: AnyObject) {
    guard let local = local as? Local else { return }
    for (count, part) in zip(counts, local.counts) { count.add(part) }
  }

  /// Where a rank, counted from the largest magnitude, lies.
  func find(rank: Int, of index: Int) -> Finding {
    guard let column = requests.firstIndex(where: { $0.index == index }), rank > counts[column].above else {
      return .outside
    }
    let window = requests[column].window
    var remaining = rank - counts[column].above
    // Between spikes, from the top: the others above this spike, then the spike itself.
    var upper = window.patterns.upperBound
    let ordered = window.spikes.enumerated().sorted { $0.element > $1.element }
    for (spike, pattern) in ordered {
      let between = counts[column].others.filter { $0 > pattern && $0 < upper }
      if remaining <= between.count { return Self.settle(remaining, among: between) }
      remaining -= between.count
      let byBlock = spikes.column(column * MagnitudeWindow.maximumSpikes + spike)
      let equals = byBlock.reduce(0, +)
      if remaining <= equals {
        return .found(pattern: pattern, remaining: remaining, equals: equals, byBlock: byBlock)
      }
      remaining -= equals
      upper = pattern
    }
    let rest = ordered.isEmpty ? counts[column].others : counts[column].others.filter { $0 < upper }
    return remaining <= rest.count ? Self.settle(remaining, among: rest) : .outside
  }

  /// The pattern of a rank in an unordered list: buckets first, so that only one of them has to be sorted.
  private static func settle(_ rank: Int, among patterns: [UInt32]) -> Finding {
    guard !patterns.isEmpty else { return .outside }
    var (smallest, largest) = (UInt32.max, UInt32.min)
    for pattern in patterns { (smallest, largest) = (min(smallest, pattern), max(largest, pattern)) }
    var shift: UInt32 = 0
    while (largest - smallest) >> shift >= 4096 { shift += 1 }
    var buckets = Array(repeating: 0, count: Int((largest - smallest) >> shift) + 1)
    for pattern in patterns { buckets[Int((pattern &- smallest) >> shift)] += 1 }
    guard let (bucket, above) = MagnitudeHistogram.bin(ofRank: rank, in: buckets) else { return .outside }
    let members = patterns.filter { Int(($0 &- smallest) >> shift) == bucket }.sorted(by: >)
    let pattern = members[rank - above - 1]
    let larger = above + members.count { $0 > pattern }
    return .found(
      pattern: pattern, remaining: rank - larger, equals: members.count { $0 == pattern }, byBlock: nil)
  }
}

/// Guesses the window of a threshold from a sample of blocks.
enum WindowGuess {
  /// The share of all elements by which a rank in the sample may be off. Neighbouring elements resemble each other,
  /// so a sample of blocks is worth less than its size; a wrong guess costs a pass, never the result.
  static let margin = 0.008
  /// Shares of the sample from which on a bin is worth counting apart.
  static let spikeShare = 0.002

  /// The window around a rank of `rank` among `total` elements, given a histogram of the sample's upper bits.
  ///
  /// - Parameters:
  ///   - margin: the share of all elements by which a rank in the sample may be off.
  ///   - expectsTies: whether many elements may be equal; else only zeros are.
  static func window(
    rank: Int, of total: Int, sample totals: [Int], margin: Double = margin, expectsTies: Bool = true
  ) -> MagnitudeWindow? {
    let seen = totals.reduce(0, +)
    guard seen > 0 else { return nil }
    let share = Double(rank) / Double(total)
    func bin(at share: Double) -> Int? {
      MagnitudeHistogram.bin(ofRank: min(seen, max(1, Int(share * Double(seen)))), in: totals)?.bin
    }
    guard let upper = bin(at: share - margin), let lower = bin(at: share + margin) else { return nil }
    let spikes = (lower...upper).filter {
      (expectsTies || $0 == 0) && Double(totals[$0]) >= spikeShare * Double(seen)
    }
    .sorted { totals[$0] > totals[$1] }.prefix(MagnitudeWindow.maximumSpikes)
    return MagnitudeWindow(
      patterns: UInt32(lower) << 16..<UInt32(upper + 1) << 16, spikes: spikes.map { UInt32($0) << 16 })
  }
}
