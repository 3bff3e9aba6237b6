#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The standard normal distribution.
enum NormalDistribution {
  /// The probability of a value at least so far from zero, either way.
  static func twoSided(_ z: Double) -> Double { erfc(abs(z) / 2.0.squareRoot()) }

  /// What a difference must be, in standard errors, for a two-sided test at 5 % to find it four times in five:
  /// z(0.975) + z(0.8). Source: Cohen 1988.
  static let detectable = 1.959963984540054 + 0.8416212335729143
}
