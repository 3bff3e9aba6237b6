/// What must be known before the best of several models is believed.
public struct SelectionSummary: Hashable, Sendable {
  /// How many models were in the running: all but the one that they are compared with.
  public var candidates: Int
  /// The best of them.
  public var best: String
  /// By what it is the best: the task whose main metric decides, or nil for the mean of the accuracies.
  public var task: String?
  /// How much its score is expected to fall on other prompts, because it was picked for it; see ``SelectionBias``.
  public var optimism: Double
  /// The smallest true difference to the reference that a test at 5 % finds four times in five, for a pair of models
  /// like these (the median of the candidates) on this number of prompts; nil if nothing is compared.
  public var detectable: Double?

  /// Makes a summary.
  public init(candidates: Int, best: String, task: String?, optimism: Double, detectable: Double? = nil) {
    self.candidates = candidates
    self.best = best
    self.task = task
    self.optimism = optimism
    self.detectable = detectable
  }
}

/// How sure a difference is, alone and among others.
public struct DifferenceTest: Hashable, Sendable {
  /// The two-sided p-value of this difference alone: McNemar's mid-p for accuracies, else the normal approximation.
  public var probability: Double
  /// The p-value after ``HolmCorrection`` over all models compared.
  public var holm: Double
  /// The p-value by ``MaximumStatistic`` over all models compared.
  public var maximum: Double

  /// Makes a test's outcome.
  public init(probability: Double, holm: Double, maximum: Double) {
    self.probability = probability
    self.holm = holm
    self.maximum = maximum
  }
}
