#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// McNemar's test of whether two models answer equally many prompts right, from the prompts that only one gets right.
///
/// If the models are equally good, each of the n discordant prompts goes either way like a fair coin. `exact` is the
/// two-sided binomial probability, min(1, 2·P(X ≤ min)); it is conservative, so `midP` counts the observed outcome
/// by half: 2·P(X ≤ min) − P(X = min). Source: Fagerland, Lydersen & Laake 2013.
public struct McNemar: Hashable, Sendable {
  /// Prompts that only this model answers right.
  public let wins: Int
  /// Prompts that only the other model answers right.
  public let losses: Int
  /// The exact two-sided probability.
  public let exact: Double
  /// The mid-p value, which tables show.
  public let midP: Double

  /// Tests counts of discordant prompts.
  public init(wins: Int, losses: Int) {
    self.wins = wins
    self.losses = losses
    let trials = Double(wins + losses)
    let extreme = min(wins, losses)
    // ln of C(n, k)·2⁻ⁿ, carried from one k to the next; the sum runs from its small end.
    var logarithm = -trials * log(2)
    var probability = 0.0
    var tail = 0.0
    for k in 0...extreme {
      probability = exp(logarithm)
      tail += probability
      logarithm += log((trials - Double(k)) / Double(k + 1))
    }
    exact = wins == losses ? 1 : min(1, 2 * tail)
    midP = wins == losses ? 1 : min(1, 2 * tail - probability)
  }
}
