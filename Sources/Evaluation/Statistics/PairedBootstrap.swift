/// Intervals for differences between two models on the same prompts, by resampling prompts.
///
/// Each resample draws as many prompts as there are, with replacement, and takes both models' values from the same
/// draw; the interval runs from the 2.5 to the 97.5 percentile (linear interpolation between order statistics). The
/// draws depend only on the seed and the task's name. Source: Efron & Tibshirani 1993, chapter 13.
public struct PairedBootstrap: Sendable {
  /// How many resamples are drawn.
  public var resamples = 10_000
  /// Where the generators start.
  public var seed: UInt64 = 0

  /// Makes a bootstrap with 10 000 resamples.
  public init(resamples: Int = 10_000, seed: UInt64 = 0) {
    self.resamples = resamples
    self.seed = seed
  }

  /// The differences of a metric's value in each resample.
  func differences(
    _ metric: any Metric, task: String, of ours: [Observation], from theirs: [Observation]
  ) -> [Double] {
    let count = min(ours.count, theirs.count)
    guard count > 0 else { return [] }
    // One flat row per prompt: our terms, then theirs.
    let width = ours[0].terms.count
    var rows: [Double] = []
    for (our, their) in zip(ours, theirs) { rows += our.terms + their.terms }
    return (0..<resamples).map { index in
      var generator = SplitMix64.forResample(index, task: task, seed: seed)
      var sums = [Double](repeating: 0, count: 2 * width)
      for _ in 0..<count {
        let start = generator.next(below: count) * 2 * width
        for term in 0..<(2 * width) { sums[term] += rows[start + term] }
      }
      return metric.value(ofSums: Array(sums[..<width])) - metric.value(ofSums: Array(sums[width...]))
    }
  }

  /// The ends of the 95 % interval of resampled differences.
  static func interval(_ differences: [Double]) -> (low: Double, high: Double)? {
    let sorted = differences.filter { !$0.isNaN }.sorted()
    guard !sorted.isEmpty else { return nil }
    return (percentile(sorted, 0.025), percentile(sorted, 0.975))
  }

  /// The value at a fraction of sorted values, interpolated linearly as numpy does by default.
  private static func percentile(_ sorted: [Double], _ fraction: Double) -> Double {
    let place = fraction * Double(sorted.count - 1)
    let below = Int(place)
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
  }
}
