/// The test of many differences at once by the distribution of the largest of them.
///
/// All models answer the same prompts, so their differences to one reference move together, and a correction that
/// knows nothing of it (``HolmCorrection``) is too strict. Here every resample of the prompts gives all differences at
/// once: with dₖ the difference of model k, sₖ its standard error and dₖᵇ its value in resample b, the adjusted p-value
/// of model k is (1 + #{b : maxⱼ |dⱼᵇ − dⱼ| / sⱼ ≥ |dₖ| / sₖ}) / (1 + B). Source: Westfall & Young 1993, algorithm 2.5
/// (single step); Romano & Wolf 2005.
package enum MaximumStatistic {
  /// The adjusted p-values of the differences.
  ///
  /// - Parameters:
  ///   - differences: the difference of each model, on all prompts.
  ///   - errors: their standard errors; a difference without one, or one of zero, takes no part, and is sure (0) unless
  ///     it is zero itself (1).
  ///   - resampled: for each model its differences in the resamples, which are the same resamples for all.
  package static func adjusted(_ differences: [Double], errors: [Double?], resampled: [[Double]]) -> [Double] {
    let scales = errors.map { error -> Double? in error.flatMap { $0 > 0 ? $0 : nil } }
    let count = resampled.map(\.count).min() ?? 0
    let maxima = (0..<count).map { resample in
      var largest = 0.0
      for (model, scale) in scales.enumerated() {
        guard let scale else { continue }
        largest = max(largest, abs(resampled[model][resample] - differences[model]) / scale)
      }
      return largest
    }
    return differences.enumerated().map { model, difference in
      guard let scale = scales[model] else { return difference == 0 ? 1 : 0 }
      // Accuracies take few values, so that ties are common; rounding must not decide them.
      let observed = abs(difference) / scale * (1 - 1e-9)
      return Double(1 + maxima.count { $0 >= observed }) / Double(1 + count)
    }
  }
}
