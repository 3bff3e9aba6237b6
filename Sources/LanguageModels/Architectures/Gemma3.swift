/// Gemma 3, its text part: Gemma 2 with norms of each head's queries and keys instead of caps, and rotary positions of
/// another base in layers with a window.
///
/// Models that also see pictures have the text part inside; the tensors of their other parts are left unused.
enum Gemma3: Architecture {
  static let names = ["Gemma3ForCausalLM", "Gemma3ForConditionalGeneration"]

  static func decoder(_ configuration: ModelValue, weights: WeightScope) throws -> Decoder {
    let settings = try DecoderSettings(
      configuration,
      .init(
        names: ["hidden_act": "hidden_activation"],
        // Inner configurations say only what differs from these.
        sizes: [
          "vocab_size": 262_208, "hidden_size": 2304, "intermediate_size": 9216, "num_hidden_layers": 26,
          "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256, "max_position_embeddings": 131_072,
        ], isTied: true, activation: .geluTanh, rotaryBase: 1e6))
    try Gemma.refuseOtherDirections(settings)
    let period = try settings.value.integer("sliding_window_pattern", in: 1...(1 << 40), default: 6)
    let sliding = try settings.slidingLayers { ($0 + 1) % period != 0 }
    let model = weights.first(
      of: ["model", "model.language_model", "language_model.model"], having: "embed_tokens.weight")
    let head = weights.has("language_model.lm_head.weight") ? weights["language_model"] : weights
    return try Gemma2.decoder(
      settings, model: model, head: head, sliding: sliding, window: try settings.window(default: 4096),
      rotations: try settings.rotations(sliding: sliding, localBase: 10000), caps: (attention: 0, logits: 0)
    ) { attention, weights in
      attention.queryNorm = try weights.norm(
        "q_norm", width: settings.headSize, epsilon: settings.epsilon, offset: 1)
      attention.keyNorm = try weights.norm("k_norm", width: settings.headSize, epsilon: settings.epsilon, offset: 1)
    }
  }
}
