/// How much the best of several models owes to luck.
///
/// Whoever picks the model with the best score on some prompts, and reports this very score, reports too much: the
/// luckiest of equals wins. In every resample of the prompts the best model of the resample is looked up, and its score
/// there is compared with its score on all prompts; the mean of these excesses estimates the optimism of picking the
/// best on the prompts at hand: B⁻¹ Σᵇ (v*ᵇ − v*), with the best model * chosen in resample b. It knows that the models
/// share their prompts and how alike they are. Source: Efron 1983 (the bootstrap estimate of optimism); Tibshirani &
/// Tibshirani 2009.
package enum SelectionBias {
  /// The expected excess of the best score over the picked model's true one; never below zero.
  ///
  /// - Parameters:
  ///   - values: each model's score on all prompts, higher being better.
  ///   - resampled: for each model its scores in the resamples, which are the same for all.
  package static func optimism(_ values: [Double], resampled: [[Double]]) -> Double? {
    let count = resampled.map(\.count).min() ?? 0
    guard values.count > 1, values.count == resampled.count, count > 0 else { return nil }
    var excess = 0.0
    for resample in 0..<count {
      var best = 0
      for model in values.indices where resampled[model][resample] > resampled[best][resample] { best = model }
      excess += resampled[best][resample] - values[best]
    }
    return max(0, excess / Double(count))
  }
}
