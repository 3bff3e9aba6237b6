#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif
internal import Documents

/// Rotary positions of a transformers configuration as a GGUF file has them.
struct GGUFRotarySettings {
  /// The base of the frequencies.
  let base: Double
  /// The value of `rope.scaling.type`, where there is one.
  private(set) var scalingType: String?
  /// The length that frequencies were made for, where it differs from the longest text.
  private(set) var originalLength: Int?
  /// Other keys under `rope.scaling`.
  private(set) var scaling: [(key: String, value: Double)] = []
  /// Divisors of frequencies, which the file has as tensors.
  private(set) var tensors: [(name: String, factors: [Float])] = []

  init(_ configuration: JSONNode, architecture: GGUFArchitecture, headSize: Int) throws(CheckpointError) {
    let node = configuration["rope_parameters"] ?? configuration["rope_scaling"]
    base = (node?["rope_theta"] ?? configuration["rope_theta"])?.double ?? 10_000
    guard let node, let kind = (node["rope_type"] ?? node["type"])?.string, kind != "default" else { return }
    let original =
      (node["original_max_position_embeddings"] ?? configuration["original_max_position_embeddings"])?.int
    func number(_ key: String) throws(CheckpointError) -> Double {
      guard let number = node[key]?.double else {
        throw GGUFModelSettings.refusal("config.json has no \(key) for rotary positions of the kind \(kind)")
      }
      return number
    }
    switch kind {
    case "linear":
      scalingType = kind
      scaling = [("factor", try number("factor"))]
    case "yarn":
      scalingType = kind
      originalLength = original
      scaling = [("factor", try number("factor"))]
      for key in ["beta_fast", "beta_slow"] {
        if let value = node[key]?.double { scaling.append(("yarn_" + key, value)) }
      }
    case "llama3":
      let rule = LlamaRotaryFactors(
        base: base, factor: try number("factor"), low: try number("low_freq_factor"),
        high: try number("high_freq_factor"), original: original ?? 8192)
      tensors = [("rope_freqs.weight", rule.factors(count: headSize / 2).map(Float.init))]
    case "longrope", "su":
      try readLists(node, configuration, original: original, architecture)
    default:
      throw GGUFModelSettings.refusal(
        "rotary positions of the kind \(PrintableText.of(kind)) cannot be written to a GGUF file",
        hint: "supported: default, linear, yarn, llama3, longrope")
    }
  }

  /// One list of divisors for short texts and one for long ones.
  private mutating func readLists(
    _ node: JSONNode, _ configuration: JSONNode, original: Int?, _ architecture: GGUFArchitecture
  ) throws(CheckpointError) {
    let short = (node["short_factor"]?.array ?? []).compactMap(\.double)
    let long = (node["long_factor"]?.array ?? []).compactMap(\.double)
    guard !short.isEmpty, short.count == long.count else {
      throw GGUFModelSettings.refusal("config.json lacks short_factor or long_factor for rotary positions")
    }
    // What a GGUF file of a Llama has; see GGUFConfiguration.
    if short == long, node["attention_factor"]?.double == 1 {
      tensors = [("rope_freqs.weight", short.map { Float($0) })]
      return
    }
    guard architecture.name == "phi3", let original, original > 1 else {
      throw GGUFModelSettings.refusal("llama.cpp reads rotary positions of the kind longrope only for Phi 3")
    }
    originalLength = original
    let stretch = Double(configuration["max_position_embeddings"]?.int ?? original) / Double(original)
    let attention = stretch <= 1 ? 1 : sqrt(1 + log(stretch) / log(Double(original)))
    scaling = [("attn_factor", node["attention_factor"]?.double ?? attention)]
    tensors = [
      ("rope_factors_long.weight", long.map { Float($0) }), ("rope_factors_short.weight", short.map { Float($0) }),
    ]
  }
}
