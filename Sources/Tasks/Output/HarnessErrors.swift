internal import Evaluation

/// Standard errors as lm-evaluation-harness computes them.
///
/// Means have s/√n. Perplexity of targets, F1, Matthews' correlation, BLEU and chrF are resampled with CPython's
/// generator: chunks of 1000 resamples, each seeded with its number; the deviation of all results. Everything else has
/// none, which the harness writes as `N/A`. Source: lm-evaluation-harness 0.4.13, `api/metrics.py`.
enum HarnessErrors {
  /// How many resamples the harness makes; of scores of translations at most 100.
  static let resamples = 100_000
  private static let resamplesOfTranslations = 100
  private static let chunk = 1000

  /// The standard error of a metric's observations.
  static func standardError(
    _ metric: TaskMetric, _ observations: [Observation], resamples: Int = resamples
  ) -> Double? {
    guard observations.count > 1 else { return nil }
    switch metric.kind {
    case .wordPerplexity, .bytePerplexity, .bitsPerByte, .brier: return nil
    case .perplexity, .f1, .matthews: return resampled(metric, observations, count: resamples)
    case .bleu, .chrF, .ter: return resampled(metric, observations, count: min(resamples, resamplesOfTranslations))
    default: return deviation(observations.map { $0.terms[0] }) / Double(observations.count).squareRoot()
    }
  }

  static func resampled(_ metric: TaskMetric, _ observations: [Observation], count: Int) -> Double {
    let size = min(chunk, count)
    let width = observations[0].terms.count
    let terms = observations.flatMap(\.terms)
    var values: [Double] = []
    values.reserveCapacity(count)
    var sums = [Double](repeating: 0, count: width)
    for seed in 0..<(count / size) {
      var generator = MersenneTwister(seed: seed)
      for _ in 0..<size {
        for index in 0..<width { sums[index] = 0 }
        for _ in observations.indices {
          let start = generator.choice(from: observations.count) * width
          for index in 0..<width { sums[index] += terms[start + index] }
        }
        values.append(metric.value(ofSums: sums))
      }
    }
    return deviation(values)
  }

  /// The sample standard deviation.
  private static func deviation(_ values: [Double]) -> Double {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)).squareRoot()
  }
}
