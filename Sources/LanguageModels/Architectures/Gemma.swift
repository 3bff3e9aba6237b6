/// Gemma: Llama with norms whose weights count from one, embeddings multiplied by √hidden, and GELU gates.
enum Gemma: Architecture {
  static let names = ["GemmaForCausalLM"]

  static func decoder(_ configuration: ModelValue, weights: WeightScope) throws -> Decoder {
    let settings = try DecoderSettings(
      configuration,
      .init(sizes: ["num_key_value_heads": 16, "head_dim": 256], isTied: true, activation: .geluTanh))
    try refuseOtherDirections(settings)
    let rotations = try settings.rotations()
    let bias = try settings.value.bool("attention_bias", default: false)
    // The first configurations say "gelu", and mean the approximation.
    let activation = settings.activation == .gelu ? Activation.geluTanh : settings.activation
    let model = weights["model"]
    let embedding = try scaledEmbedding(settings, model)
    var layers: [Decoder.Layer] = []
    for number in 0..<settings.layers {
      let layer = model["layers"][number]
      let block = try settings.gatedMLP(layer["mlp"])
      layers.append(
        Decoder.Layer(
          attentionNorm: try norm(settings, layer, "input_layernorm"),
          attention: try settings.attention(layer["self_attn"], bias: bias),
          feedForwardNorm: try norm(settings, layer, "post_attention_layernorm"),
          feedForward: GatedMLP(gate: block.gate, up: block.up, down: block.down, activation: activation)))
    }
    return Decoder(
      settings, embedding: embedding, rotations: rotations.kinds, layers: layers,
      head: try settings.head(weights, norm: try norm(settings, model, "norm"), embedding: embedding))
  }

  /// A norm of the stream whose stored weight counts from one.
  static func norm(_ settings: DecoderSettings, _ weights: WeightScope, _ name: String) throws -> Norm {
    try weights.norm(name, width: settings.hidden, epsilon: settings.epsilon, offset: 1)
  }

  /// The embedding times √hidden.
  static func scaledEmbedding(_ settings: DecoderSettings, _ weights: WeightScope) throws -> Embedding {
    var embedding = try settings.embedding(weights)
    embedding.scale = Float(Double(settings.hidden).squareRoot())
    return embedding
  }

  /// Refuses models whose tokens see what comes after them.
  static func refuseOtherDirections(_ settings: DecoderSettings) throws {
    try settings.refuse("use_bidirectional_attention", because: "attention in both directions is not supported")
  }
}
