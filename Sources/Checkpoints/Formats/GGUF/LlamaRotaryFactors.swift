#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif
internal import Documents

/// What Llama 3.1 and later divide rotary frequencies by, as llama.cpp's converter stores it in `rope_freqs.weight`.
struct LlamaRotaryFactors {
  /// The base of the frequencies.
  var base: Double
  /// What long waves are divided by.
  var factor: Double
  /// The published models all have these; a GGUF file does not tell them.
  var low = 1.0
  var high = 4.0
  var original = 8192

  /// The divisors, one for each pair of a head's elements.
  func factors(count: Int) -> [Double] {
    (0..<count).map { index in
      let wave = 2 * Double.pi * pow(base, Double(index) / Double(count))
      if wave < Double(original) / high { return 1 }
      if wave > Double(original) / low { return factor }
      let smooth = (Double(original) / wave - low) / (high - low)
      return 1 / ((1 - smooth) / factor + smooth)
    }
  }

  /// The members of transformers' `rope_scaling`, without its type.
  var parameters: [(key: String, value: JSONValue)] {
    [
      ("factor", .number(factor)), ("low_freq_factor", .number(low)), ("high_freq_factor", .number(high)),
      ("original_max_position_embeddings", .integer(original)),
    ]
  }
}
