#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif
internal import Documents

/// Rotary positions of a transformers configuration as a GGUF file has them.
struct GGUFRotarySettings {
  /// The base of the frequencies; nil where positions are not rotary.
  let base: Double?
  /// The base in layers that see only a part of the text, where it is another one.
  private let windowBase: Double?
  /// How many elements of a head are turned.
  private let turnedSize: Int?
  /// The value of `rope.scaling.type`, where there is one.
  private(set) var scalingType: String?
  /// The length that frequencies were made for, where it differs from the longest text.
  private(set) var originalLength: Int?
  /// Other keys under `rope.scaling`.
  private(set) var scaling: [(key: String, value: Double)] = []
  /// Divisors of frequencies, which the file has as tensors.
  private(set) var tensors: [(name: String, factors: [Float])] = []

  init(_ configuration: JSONNode, architecture: GGUFArchitecture, headSize: Int) throws(CheckpointError) {
    guard architecture.family != .gpt2 else {
      (base, windowBase, turnedSize) = (nil, nil, nil)
      return
    }
    let parameters = configuration["rope_parameters"]
    let node = parameters?["full_attention"] ?? parameters ?? configuration["rope_scaling"]
    let base =
      (node?["rope_theta"] ?? configuration["rope_theta"] ?? configuration["rotary_emb_base"])?.double
      ?? (architecture.name == "gemma3" ? 1_000_000 : 10_000)
    self.base = base
    windowBase =
      architecture.name == "gemma3"
      ? (parameters?["sliding_attention"]?["rope_theta"] ?? configuration["rope_local_base_freq"])?.double ?? 10_000
      : nil
    let part = node?["partial_rotary_factor"] ?? configuration["partial_rotary_factor"] ?? configuration["rotary_pct"]
    let usual = architecture.family == .gptNeoX ? 0.25 : 1
    turnedSize = Int(exactly: (Double(headSize) * (part?.double ?? usual)).rounded(.down))
    let original =
      (node?["original_max_position_embeddings"] ?? configuration["original_max_position_embeddings"])?.int
    if architecture.name == "phi3" { originalLength = original }
    guard let node, let kind = (node["rope_type"] ?? node["type"])?.string, kind != "default" else { return }
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
    let stretch = Double(configuration["max_position_embeddings"]?.int ?? original) / Double(original)
    let attention = stretch <= 1 ? 1 : sqrt(1 + log(stretch) / log(Double(original)))
    scaling = [("attn_factor", node["attention_factor"]?.double ?? attention)]
    tensors = [
      ("rope_factors_long.weight", long.map { Float($0) }), ("rope_factors_short.weight", short.map { Float($0) }),
    ]
  }

  /// Writes everything but the tensors.
  func write(to writer: inout GGUFHeaderWriter, _ prefix: String) {
    if let base { writer.add(prefix + "rope.freq_base", Float(base)) }
    if let windowBase { writer.add(prefix + "rope.freq_base_swa", Float(windowBase)) }
    for (key, number) in [
      ("rope.dimension_count", turnedSize), ("rope.scaling.original_context_length", originalLength),
    ] {
      if let number, let number = UInt32(exactly: number) { writer.add(prefix + key, number) }
    }
    if let scalingType { writer.add(prefix + "rope.scaling.type", scalingType) }
    for (key, number) in scaling { writer.add(prefix + "rope.scaling." + key, Float(number)) }
  }
}
