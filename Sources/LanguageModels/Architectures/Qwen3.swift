/// Qwen 3: Llama with norms of each head's queries and keys, and windows in the upper layers if they are asked for.
enum Qwen3: Architecture {
  static let names = ["Qwen3ForCausalLM"]

  static func decoder(_ configuration: ModelValue, weights: WeightScope) throws -> Decoder {
    let settings = try DecoderSettings(configuration, .init(sizes: ["head_dim": 128]))
    return try Llama.decoder(settings, weights: weights, windows: try settings.qwenWindows()) { layer, _ in
      (try attention(settings, layer["self_attn"]), try settings.gatedMLP(layer["mlp"]))
    }
  }

  /// Attention with norms of heads, before they are rotated.
  static func attention(_ settings: DecoderSettings, _ weights: WeightScope) throws -> GroupedAttention {
    var attention = try settings.attention(weights, bias: try settings.value.bool("attention_bias", default: false))
    attention.queryNorm = try weights.norm("q_norm", width: settings.headSize, epsilon: settings.epsilon)
    attention.keyNorm = try weights.norm("k_norm", width: settings.headSize, epsilon: settings.epsilon)
    return attention
  }
}
