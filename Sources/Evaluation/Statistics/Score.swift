/// A metric's value over prompts.
public struct Score: Hashable, Sendable {
  /// The value.
  public var value: Double
  /// The standard error of the value, or nil where there is none to be had (one prompt).
  public var standardError: Double?
  /// The number of prompts.
  public var count: Int

  /// Makes a score.
  public init(value: Double, standardError: Double?, count: Int) {
    self.value = value
    self.standardError = standardError
    self.count = count
  }
}

/// How far a model is from the one it is compared with, on the same prompts.
public struct Difference: Hashable, Sendable {
  /// The model's value less the other's: above zero is better for an accuracy, worse for a perplexity.
  public var value: Double
  /// The standard error of the paired difference.
  public var standardError: Double?
  /// The lower end of the 95 % interval of the paired bootstrap.
  public var low: Double
  /// The upper end of the interval.
  public var high: Double
  /// McNemar's test, for accuracies.
  public var mcNemar: McNemar?
  /// How sure the difference is among those of all models; only where models are compared by it.
  public var test: DifferenceTest?

  /// The smallest true difference that a test at 5 % finds four times in five on so many prompts.
  public var detectable: Double? { standardError.map { NormalDistribution.detectable * $0 } }

  /// Makes a difference.
  public init(
    value: Double, standardError: Double?, low: Double, high: Double, mcNemar: McNemar? = nil,
    test: DifferenceTest? = nil
  ) {
    self.value = value
    self.standardError = standardError
    self.low = low
    self.high = high
    self.mcNemar = mcNemar
    self.test = test
  }
}
