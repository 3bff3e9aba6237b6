/// OLMo 2: blocks read the stream as it is, and norms stand behind them; queries and keys are normalised as a whole.
enum OLMo2: Architecture {
  static let names = ["Olmo2ForCausalLM"]

  static func decoder(_ configuration: ModelValue, weights: WeightScope) throws -> Decoder {
    let settings = try DecoderSettings(configuration, .init(epsilon: 1e-5))
    let rotations = try settings.rotations()
    let bias = try settings.value.bool("attention_bias", default: false)
    let (hidden, epsilon) = (settings.hidden, settings.epsilon)
    let model = weights["model"]
    let embedding = try settings.embedding(model)
    var layers: [Decoder.Layer] = []
    for number in 0..<settings.layers {
      let layer = model["layers"][number]
      var attention = try settings.attention(layer["self_attn"], bias: bias)
      attention.queryNorm = try layer["self_attn"].norm(
        "q_norm", width: settings.heads * settings.headSize, epsilon: epsilon)
      attention.keyNorm = try layer["self_attn"].norm(
        "k_norm", width: settings.keyHeads * settings.headSize, epsilon: epsilon)
      layers.append(
        Decoder.Layer(
          attention: attention,
          attentionOutputNorm: try layer.norm("post_attention_layernorm", width: hidden, epsilon: epsilon),
          feedForward: try settings.gatedMLP(layer["mlp"]),
          feedForwardOutputNorm: try layer.norm("post_feedforward_layernorm", width: hidden, epsilon: epsilon)))
    }
    let norm = try model.norm("norm", width: hidden, epsilon: epsilon)
    return Decoder(
      settings, embedding: embedding, rotations: rotations.kinds, layers: layers,
      head: try settings.head(weights, norm: norm, embedding: embedding))
  }
}
