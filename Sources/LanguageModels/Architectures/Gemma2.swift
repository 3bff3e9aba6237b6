/// Gemma 2: Gemma with norms before and behind both blocks, capped scores and logits, and windows in every other layer.
enum Gemma2: Architecture {
  static let names = ["Gemma2ForCausalLM"]

  static func decoder(_ configuration: ModelValue, weights: WeightScope) throws -> Decoder {
    let settings = try DecoderSettings(
      configuration,
      .init(
        names: ["hidden_act": "hidden_activation"], sizes: ["num_key_value_heads": 4, "head_dim": 256], isTied: true,
        activation: .geluTanh))
    try Gemma.refuseOtherDirections(settings)
    let window = try settings.window(default: 4096)
    let sliding = try settings.slidingLayers { $0 % 2 == 0 }
    return try decoder(
      settings, model: weights["model"], head: weights, sliding: sliding, window: window,
      rotations: try settings.rotations(sliding: sliding), caps: (attention: 50, logits: 30))
  }

  /// The layers of Gemma 2 and what came after it.
  ///
  /// - Parameter caps: the caps of scores and logits where the configuration has no key for them; null is none.
  static func decoder(
    _ settings: DecoderSettings, model: WeightScope, head: WeightScope, sliding: [Bool], window: Int?,
    rotations: (kinds: RotaryEmbeddings, ofLayer: [Int]), caps: (attention: Double, logits: Double),
    finishing: (inout GroupedAttention, WeightScope) throws -> Void = { _, _ in }
  ) throws -> Decoder {
    let value = settings.value
    let bias = try value.bool("attention_bias", default: false)
    let scalar = try value.number("query_pre_attn_scalar", positive: true, default: 256)
    func cap(_ key: String, default cap: Double) throws -> Float {
      value.mentions(key) ? Float(try value[key]?.number(positive: true) ?? 0) : Float(cap)
    }
    let attentionCap = try cap("attn_logit_softcapping", default: caps.attention)
    let embedding = try Gemma.scaledEmbedding(settings, model)
    var layers: [Decoder.Layer] = []
    for number in 0..<settings.layers {
      let layer = model["layers"][number]
      var attention = try settings.attention(layer["self_attn"], bias: bias)
      attention.scale = Float(1 / scalar.squareRoot())
      attention.softCap = attentionCap
      attention.window = sliding[number] ? window : nil
      attention.rotation = rotations.ofLayer[number]
      try finishing(&attention, layer["self_attn"])
      layers.append(
        Decoder.Layer(
          attentionNorm: try Gemma.norm(settings, layer, "input_layernorm"), attention: attention,
          attentionOutputNorm: try Gemma.norm(settings, layer, "post_attention_layernorm"),
          feedForwardNorm: try Gemma.norm(settings, layer, "pre_feedforward_layernorm"),
          feedForward: try settings.gatedMLP(layer["mlp"]),
          feedForwardOutputNorm: try Gemma.norm(settings, layer, "post_feedforward_layernorm")))
    }
    var languageHead = try settings.head(head, norm: try Gemma.norm(settings, model, "norm"), embedding: embedding)
    languageHead.softCap = try cap("final_logit_softcapping", default: caps.logits)
    return Decoder(
      settings, embedding: embedding, rotations: rotations.kinds, layers: layers, head: languageHead)
  }
}
