/// A measure of how well a model does on prompts, in two steps: observe each prompt, then summarise.
///
/// Implementing: one file with a value type, added to ``MetricCatalog``. An observation holds terms that may be added
/// up over prompts, and the metric's value is a function of those sums; means, ratios and most corpus measures have
/// this form. Standard errors, paired differences and bootstrap intervals then follow for every metric alike.
public protocol Metric: Sendable {
  /// The metric's name, direction and unit.
  var card: MetricCard { get }

  /// The terms that this prompt adds, or nil if the metric does not apply to such an answer.
  func observe(_ answer: Answer, to prompt: Prompt) -> Observation?

  /// The value for the sums of the terms over any number of prompts.
  func value(ofSums sums: [Double]) -> Double
}

/// What one prompt adds to a metric.
public struct Observation: Hashable, Codable, Sendable {
  /// The terms, whose sums over prompts determine the metric.
  public var terms: [Double]

  /// An observation with these terms.
  public init(_ terms: [Double]) { self.terms = terms }

  /// An observation of something that is averaged over prompts: the value, and one for the count.
  public static func mean(of value: Double) -> Self { .init([value, 1]) }
}

/// What there is to know about a metric without computing it.
public struct MetricCard: Hashable, Sendable {
  /// Which of two values is better.
  public enum Direction: String, Hashable, Sendable {
    case higherIsBetter = "higher"
    case lowerIsBetter = "lower"
  }

  /// The name in records, as lm-evaluation-harness spells it.
  public var name: String
  /// Which of two values is better.
  public var direction: Direction
  /// What the value counts.
  public var unit: String
  /// What is measured, in one sentence.
  public var summary: String
  /// Whether the value is the share of prompts answered right, so that tasks may be averaged.
  public var isAccuracy: Bool

  /// Describes a metric.
  public init(name: String, direction: Direction, unit: String, summary: String, isAccuracy: Bool = false) {
    self.name = name
    self.direction = direction
    self.unit = unit
    self.summary = summary
    self.isAccuracy = isAccuracy
  }

  /// Whether `a` is a better value than `b`.
  public func isBetter(_ a: Double, than b: Double) -> Bool {
    switch direction {
    case .higherIsBetter: a > b
    case .lowerIsBetter: a < b
    }
  }
}

extension Metric {
  /// The value over all prompts with its standard error.
  ///
  /// The standard error is the jackknife's, √((n−1)/n · Σ(θ₋ᵢ − θ̄)²) with θ₋ᵢ the value without prompt i: for a mean
  /// exactly s/√n with the sample deviation s (n−1 in the denominator), for a ratio of sums equal to the delta method
  /// to first order. One prompt has none. Source: Efron & Stein 1981.
  public func summarize(_ observations: [Observation]) -> Score {
    let sums = Sums.of(observations)
    return Score(
      value: value(ofSums: sums), standardError: Jackknife.standardError(influences(observations, sums: sums)),
      count: observations.count)
  }

  /// How much each prompt moves the value: (n−1)(θ − θ₋ᵢ).
  func influences(_ observations: [Observation], sums: [Double]) -> [Double] {
    let whole = value(ofSums: sums)
    let scale = Double(observations.count - 1)
    return observations.map { scale * (whole - value(ofSums: zip(sums, $0.terms).map { $0 - $1 })) }
  }
}

/// Sums of observations, term by term.
enum Sums {
  static func of(_ observations: [Observation]) -> [Double] {
    var sums = [Double](repeating: 0, count: observations.first?.terms.count ?? 0)
    for observation in observations {
      for (index, term) in observation.terms.enumerated() { sums[index] += term }
    }
    return sums
  }
}
