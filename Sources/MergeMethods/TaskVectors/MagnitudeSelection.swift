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

/// Finds the thresholds of several ranks at once: a pass for the upper bits of the magnitudes, one for the lower, and,
/// where a tie has to be split, one that counts equals block by block.
final class MagnitudeSelection {
  /// The `count` largest differences of the input with index `input`.
  struct Request {
    var input: Int
    var count: Int
  }

  private enum Stage {
    case upper, lower, equals, done
  }

  private let task: MergeTask
  private let base: Int
  private let requests: [Request]
  private var stage = Stage.upper
  private var survey: (any Survey)?
  private var prefixes: [UInt32]
  private var remaining: [Int]

  /// The answers, parallel to the requests, once `nextSurvey` has returned nil.
  private(set) var ranks: [MagnitudeRank]

  init(task: MergeTask, base: Int, requests: [Request]) {
    self.task = task
    self.base = base
    let total = task.shape.elementCount
    self.requests = requests
    ranks = requests.map { $0.count >= total ? .everything : .nothing }
    prefixes = Array(repeating: 0, count: requests.count)
    remaining = requests.map { $0.count > 0 && $0.count < total ? $0.count : 0 }
  }

  /// The next pass over the inputs, or nil when all ranks are known.
  func nextSurvey() -> (any Survey)? {
    while true {
      switch stage {
      case .upper:
        if let survey = survey as? HistogramSurvey {
          for index in open { narrow(index, with: survey.totals[index] ?? []) { prefixes[index] = UInt32($0) } }
          stage = .lower
          self.survey = nil
        } else {
          if open.isEmpty { return nil }
          return start(histogram: { _ in .upper })
        }
      case .lower:
        if let survey = survey as? HistogramSurvey {
          for index in open {
            let totals = survey.totals[index] ?? []
            narrow(index, with: totals) { bin in
              ranks[index].threshold = Int32(bitPattern: prefixes[index] << 16 | UInt32(bin))
              if totals[bin] == remaining[index] { remaining[index] = 0 }
              // The pass has counted these equals by block already.
              if bin == 0, remaining[index] > 0 { settle(index, with: survey.evenCounts(of: index)) }
            }
          }
          stage = open.isEmpty ? .done : .equals
          self.survey = nil
        } else {
          return start(histogram: { [prefixes] in .lower(prefix: prefixes[$0]) })
        }
      case .equals:
        if let survey = survey as? EqualsSurvey {
          for index in open { settle(index, with: survey.counts(of: index)) }
          stage = .done
          self.survey = nil
        } else {
          let survey = EqualsSurvey(
            base: base, elements: task.shape.elementCount,
            requests: open.map {
              .init(index: $0, input: requests[$0].input, pattern: UInt32(bitPattern: ranks[$0].threshold))
            })
          self.survey = survey
          return survey
        }
      case .done: return nil
      }
    }
  }

  /// The requests whose rank is not settled yet.
  private var open: [Int] { requests.indices.filter { remaining[$0] > 0 } }

  private func start(histogram level: (Int) -> MagnitudeHistogram.Level) -> any Survey {
    let survey = HistogramSurvey(
      base: base, elements: task.shape.elementCount,
      requests: open.map { .init(index: $0, input: requests[$0].input, level: level($0)) })
    self.survey = survey
    return survey
  }

  /// Walks a histogram down to the bin that holds the rank and counts off what lies above it.
  private func narrow(_ index: Int, with totals: [Int], found: (Int) -> Void) {
    guard let (bin, above) = MagnitudeHistogram.bin(ofRank: remaining[index], in: totals) else { return }
    remaining[index] -= above
    found(bin)
  }

  /// Finds the block in which the equals that are still in run out.
  private func settle(_ index: Int, with counts: [Int]) {
    var left = remaining[index]
    remaining[index] = 0
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
