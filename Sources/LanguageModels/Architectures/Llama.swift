/// Llama and what computes like it: RMS norms before attention and feed-forward blocks, grouped attention with rotary
/// positions, gated feed-forward blocks, a tied or untied head.
enum Llama: Architecture {
  static let names = ["LlamaForCausalLM"]

  static func decoder(_ configuration: ModelValue, weights: WeightScope) throws -> Decoder {
    let settings = try DecoderSettings(configuration)
    let bias = try settings.value.bool("attention_bias", default: false)
    let feedForwardBias = try settings.value.bool("mlp_bias", default: false)
    return try decoder(settings, weights: weights) { layer, _ in
      (
        try settings.attention(layer["self_attn"], bias: bias),
        try settings.gatedMLP(layer["mlp"], bias: feedForwardBias)
      )
    }
  }

  /// Names and order of Llama's tensors, which most families have kept, around blocks of the family's own.
  ///
  /// - Parameters:
  ///   - windows: for each layer how many tokens see each other; all if empty.
  ///   - blocks: the attention and the feed-forward block of a layer, from its weights and its number.
  static func decoder(
    _ settings: DecoderSettings, weights: WeightScope, windows: [Int?] = [],
    blocks: (_ layer: WeightScope, _ number: Int) throws -> (GroupedAttention, any FeedForward)
  ) throws -> Decoder {
    let rotations = try settings.rotations(sliding: windows.map { $0 != nil })
    let model = weights["model"]
    let embedding = try settings.embedding(model)
    var layers: [Decoder.Layer] = []
    for number in 0..<settings.layers {
      let layer = model["layers"][number]
      var (attention, feedForward) = try blocks(layer, number)
      attention.rotation = rotations.ofLayer[number]
      if windows.indices.contains(number) { attention.window = windows[number] }
      layers.append(
        Decoder.Layer(
          attentionNorm: try layer.norm("input_layernorm", width: settings.hidden, epsilon: settings.epsilon),
          attention: attention,
          feedForwardNorm: try layer.norm(
            "post_attention_layernorm", width: settings.hidden, epsilon: settings.epsilon),
          feedForward: feedForward))
    }
    let norm = try model.norm("norm", width: settings.hidden, epsilon: settings.epsilon)
    return Decoder(
      settings, embedding: embedding, rotations: rotations.kinds, layers: layers,
      head: try settings.head(weights, norm: norm, embedding: embedding))
  }
}
