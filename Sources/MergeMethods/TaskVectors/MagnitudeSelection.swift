internal import Kernels
internal import Tensors

/// A model's k largest differences to the base, found exactly: the k-th magnitude and how many of its equals belong.
///
/// Ties at the threshold go to the lowest flat indices. mergekit settles them by a sort that is not stable, so equal
/// magnitudes, which differences of bfloat16 models have in plenty, are where the two may pick different elements.
struct MagnitudeRank: Sendable {
  /// The bit pattern of the k-th largest magnitude; everything above is in. −1: everything is in.
  var threshold: Int32
  /// The block in which the equals that are still in run out; blocks before it have all of theirs in.
  var splitBlock: Int
  /// How many equals of that block are in, in order.
  var equalsInSplitBlock: Int

  static let everything = MagnitudeRank(threshold: -1, splitBlock: .max, equalsInSplitBlock: 0)
  static let nothing = MagnitudeRank(threshold: .max, splitBlock: .max, equalsInSplitBlock: 0)

  /// How many of a block's equals are in.
  func equals(inBlock block: Int) -> Int {
    block < splitBlock ? .max : block == splitBlock ? equalsInSplitBlock : 0
  }
}

/// Finds the thresholds of several ranks at once, exactly and without sorting.
///
/// Large tensors: a sample of blocks says where the threshold should be, and one pass counts around that place. Where
/// the guess was wrong, and for small tensors: a pass for the upper bits of the magnitudes and one for the lower.
/// Where a tie has to be split and its equals were not counted by block on the way, a pass for that. The answer is
/// the same on every path.
final class MagnitudeSelection {
  /// The `count` largest differences of the input with index `input`.
  struct Request {
    var input: Int
    var count: Int
  }

  /// Tensors of fewer blocks are not worth a sample.
  static let smallestSampled = 64
  /// How many blocks a sample has at least: a quarter of a million elements.
  static let sampleBlocks = 32

  private let task: MergeTask
  private let base: Int?
  private let requests: [Request]
  private let settlesTies: Bool
  private var survey: (any Survey)?
  private var prefixes: [Int: UInt32] = [:]
  /// For each request that is not settled, how many elements are still to be counted off below what is known.
  private var remaining: [Int: Int] = [:]

  /// The answers, parallel to the requests, once `nextSurvey` has returned nil.
  private(set) var ranks: [MagnitudeRank]

  /// - Parameters:
  ///   - base: what inputs are differences to; nil if they are magnitudes themselves.
  ///   - settlesTies: whether to find out which of the elements at a threshold are in; else all of them are, and the
  ///     threshold of the smallest element is found as well.
  ///   - window: what has already been counted around the places where thresholds should be.
  init(
    task: MergeTask, base: Int?, requests: [Request], settlesTies: Bool = true, window: WindowSurvey? = nil
  ) {
    self.task = task
    survey = window
    self.settlesTies = settlesTies
    self.base = base
    let total = task.shape.elementCount
    self.requests = requests
    ranks = requests.map { $0.count >= total ? .everything : .nothing }
    let limit = settlesTies ? total - 1 : total
    for (index, request) in requests.enumerated() where request.count > 0 && request.count <= limit {
      remaining[index] = request.count
    }
  }

  /// Every how many blocks of a tensor one belongs to the sample; 1 where there is none.
  static func sampleStride(of elements: Int) -> Int {
    let blocks = elements / Streaming.blockElements
    return blocks < smallestSampled ? 1 : max(1, blocks / sampleBlocks)
  }

  /// The next pass over the inputs, or nil when all ranks are known.
  func nextSurvey() -> (any Survey)? {
    switch survey {
    case let done as HistogramSurvey where done.blockStride > 1: survey = windowSurvey(after: done)
    case let done as WindowSurvey: survey = afterWindow(done)
    case let done as HistogramSurvey where prefixes.isEmpty: survey = lowerSurvey(after: done)
    case let done as HistogramSurvey: survey = afterLower(done)
    case let done as EqualsSurvey:
      for index in open { settle(index, with: done.counts(of: index)) }
      survey = nil
    default:
      survey = open.isEmpty ? nil : histogram(every: Self.sampleStride(of: elements)) { _ in .upper }
    }
    return survey
  }

  private var elements: Int { task.shape.elementCount }

  /// The requests whose rank is not settled yet, in order.
  private var open: [Int] { remaining.keys.sorted() }

  private func histogram(
    every stride: Int = 1, _ level: (Int) -> MagnitudeHistogram.Level
  ) -> (any Survey)? {
    HistogramSurvey(
      base: base, elements: elements, blockStride: stride,
      requests: open.map { .init(index: $0, input: requests[$0].input, level: level($0)) })
  }

  private func windowSurvey(after sample: HistogramSurvey) -> (any Survey)? {
    let windows = open.compactMap { index -> WindowSurvey.Request? in
      WindowGuess.window(rank: requests[index].count, of: elements, sample: sample.totals[index] ?? []).map {
        .init(index: index, input: requests[index].input, window: $0)
      }
    }
    return WindowSurvey(base: base, elements: elements, requests: windows)
  }

  private func afterWindow(_ window: WindowSurvey) -> (any Survey)? {
    var untied: [Int: UInt32] = [:]
    for index in open {
      guard
        case .found(let pattern, let left, let equals, let byBlock) = window.find(
          rank: requests[index].count, of: index)
      else { continue }
      ranks[index].threshold = Int32(bitPattern: pattern)
      remaining[index] = settlesTies && left < equals ? left : nil
      if settlesTies, left < equals { if let byBlock { settle(index, with: byBlock) } else { untied[index] = pattern } }
    }
    if open.isEmpty { return nil }
    // Ties that were not counted by block need a pass; wrong guesses need two, and then settle those ties as well.
    if untied.count == open.count { return equalsSurvey() }
    for index in untied.keys { remaining[index] = requests[index].count }
    return histogram { _ in .upper }
  }

  private func lowerSurvey(after upper: HistogramSurvey) -> (any Survey)? {
    for index in open {
      narrow(index, with: upper.totals[index] ?? []) { prefixes[index] = UInt32($0) }
    }
    return histogram { [prefixes] in .lower(prefix: prefixes[$0] ?? 0) }
  }

  private func afterLower(_ lower: HistogramSurvey) -> (any Survey)? {
    for index in open {
      let totals = lower.totals[index] ?? []
      narrow(index, with: totals) { bin in
        ranks[index].threshold = Int32(bitPattern: (prefixes[index] ?? 0) << 16 | UInt32(bin))
        if !settlesTies || totals[bin] == remaining[index] {
          remaining[index] = nil
        } else if bin == 0 {
          // The pass has counted these equals by block already.
          settle(index, with: lower.evenCounts(of: index))
        }
      }
    }
    return open.isEmpty ? nil : equalsSurvey()
  }

  private func equalsSurvey() -> (any Survey)? {
    EqualsSurvey(
      base: base, elements: elements,
      requests: open.map {
        .init(index: $0, input: requests[$0].input, pattern: UInt32(bitPattern: ranks[$0].threshold))
      })
  }

  /// Walks a histogram down to the bin that holds the rank and counts off what lies above it.
  private func narrow(_ index: Int, with totals: [Int], found: (Int) -> Void) {
    guard let left = remaining[index], let (bin, above) = MagnitudeHistogram.bin(ofRank: left, in: totals)
    else { return }
    remaining[index] = left - above
    found(bin)
  }

  /// Finds the block in which the equals that are still in run out.
  private func settle(_ index: Int, with counts: [Int]) {
    guard var left = remaining.removeValue(forKey: index) else { return }
    for (block, count) in counts.enumerated() {
      if left <= count {
        ranks[index].splitBlock = block
        ranks[index].equalsInSplitBlock = left
        return
      }
      left -= count
    }
  }
}
