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

  /// A metric's value in each resample; models that answered the same prompts meet the same draws.
  func values(_ metric: any Metric, task: String, of observations: [Observation]) -> [Double] {
    guard let width = observations.first?.terms.count else { return [] }
    let rows = observations.flatMap(\.terms)
    return (0..<resamples).map { index in
      var generator = SplitMix64.forResample(index, task: task, seed: seed)
      var sums = [Double](repeating: 0, count: width)
      for _ in observations.indices {
        let start = generator.next(below: observations.count) * width
        for term in 0..<width { sums[term] += rows[start + term] }
      }
      return metric.value(ofSums: sums)
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
