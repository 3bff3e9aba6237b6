#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// How rotary frequencies are stretched for contexts longer than those of the training.
///
/// With θ the base and d the rotated size, the plain frequencies are fᵢ = θ^(-2i/d). The formulas are those of
/// transformers' rope utilities.
enum RotaryScaling: Sendable {
  /// fᵢ
  case none
  /// fᵢ / factor
  case linear(factor: Float)
  /// θ · (factor · L / original − (factor − 1))^(d/(d−2)) takes the place of θ for sequences of L > original tokens.
  case dynamic(factor: Double, original: Int)
  /// Long waves divided by the factor, short ones kept, a ramp over those between.
  case llama3(factor: Float, low: Float, high: Float, original: Float)
  /// A ramp between fᵢ / factor and fᵢ over the dimensions that turn between `slow` and `fast` times in the original
  /// length; cosines and sines are multiplied by the attention factor.
  case yarn(factor: Double, fast: Double, slow: Double, original: Double, truncates: Bool, attention: Double)
  /// Frequencies divided by one list of factors up to the original length, and by another beyond it.
  case longrope(short: [Float], long: [Float], original: Int, attention: Double)

  enum Kind: String, CaseIterable {
    case none = "default"
    case linear
    case dynamic
    case llama3
    case yarn
    case longrope
  }

  /// The factor of cosines and sines.
  var attentionFactor: Float {
    switch self {
    case .yarn(_, _, _, _, _, let attention), .longrope(_, _, _, let attention): Float(attention)
    default: 1
    }
  }

  /// Which of several sets of frequencies a sequence of so many tokens uses: equal numbers, equal frequencies.
  func regime(length: Int) -> Int {
    switch self {
    case .dynamic(_, let original): length > original ? length : 0
    case .longrope(_, _, let original, _): length > original ? 1 : 0
    default: 0
    }
  }

  /// The frequencies for rotated vectors of `size` elements in a regime.
  func frequencies(base: Double, size: Int, regime: Int) -> [Float] {
    let half = size / 2
    func plain(_ base: Double) -> [Float] {
      (0..<half).map { 1 / powf(Float(base), Float(2 * $0) / Float(size)) }
    }
    switch self {
    case .none: return plain(base)
    case .linear(let factor): return plain(base).map { $0 / factor }
    case .dynamic(let factor, let original):
      guard regime > 0 else { return plain(base) }
      let stretch = factor * Double(regime) / Double(original) - (factor - 1)
      return plain(base * pow(stretch, Double(size) / Double(size - 2)))
    case .llama3(let factor, let low, let high, let original):
      return plain(base).map { frequency in
        let wave = 2 * Float.pi / frequency
        if wave < original / high { return frequency }
        if wave > original / low { return frequency / factor }
        let smooth = (original / wave - low) / (high - low)
        return (1 - smooth) * frequency / factor + smooth * frequency
      }
    case .yarn(let factor, let fast, let slow, let original, let truncates, _):
      // The dimension that turns so many times within the original length.
      func dimension(_ turns: Double) -> Double {
        Double(size) * log(original / (turns * 2 * Double.pi)) / (2 * log(base))
      }
      var first = dimension(fast)
      var last = dimension(slow)
      if truncates { (first, last) = (first.rounded(.down), last.rounded(.up)) }
      first = max(first, 0)
      last = min(last, Double(size - 1))
      if first == last { last += 0.001 }
      return plain(base).enumerated().map { index, frequency in
        let ramp = Float(min(max((Double(index) - first) / (last - first), 0), 1))
        return frequency / Float(factor) * ramp + frequency * (1 - ramp)
      }
    case .longrope(let short, let long, _, _):
      let factors = regime > 0 ? long : short
      return zip(plain(base), factors).map { $0 / $1 }
    }
  }
}
