/// A small generator of random numbers that gives the same sequence everywhere.
///
/// A counter is increased by 2⁶⁴/φ and mixed. Source: Steele, Lea & Flood 2014; constants of Java's SplittableRandom.
package struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// Starts at a seed.
  package init(seed: UInt64) { state = seed }

  /// The next 64 bits.
  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Self.mix(state)
  }

  /// A number below a bound, by multiplication: the bias is below bound/2⁶⁴.
  package mutating func next(below bound: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(bound)).high) }

  /// A bijection that scatters its bits.
  package static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// The generator of one resample of a task: the same for all models, so that their intervals are comparable, and
  /// whatever other tasks there are.
  static func forResample(_ index: Int, task: String, seed: UInt64) -> SplitMix64 {
    var hash = FNV1a()
    hash.combine(task.utf8)
    return SplitMix64(seed: mix(mix(seed ^ hash.value) &+ UInt64(index)))
  }
}
