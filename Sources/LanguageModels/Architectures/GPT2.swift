/// GPT-2: layer norms, learned positions, one matrix for queries, keys and values, plain feed-forward blocks.
///
/// Matrices are stored as [inputs, outputs]. Some files leave out the prefix of all names, and old ones hold the masks
/// of attention.
enum GPT2: Architecture {
  static let names = ["GPT2LMHeadModel"]

  static func decoder(_ configuration: ModelValue, weights: WeightScope) throws -> Decoder {
    let settings = try DecoderSettings(
      configuration,
      .init(
        names: [
          "hidden_size": "n_embd", "num_hidden_layers": "n_layer", "num_attention_heads": "n_head",
          "max_position_embeddings": "n_positions", "intermediate_size": "n_inner",
          "hidden_act": "activation_function", "rms_norm_eps": "layer_norm_epsilon",
        ],
        sizes: ["n_positions": 1024], epsilon: 1e-5, isTied: true, activation: .geluNew, widening: 4,
        rotaryShare: nil))
    try settings.refuse("add_cross_attention", because: "attention to another model is not supported")
    let value = settings.value
    let isScaled = try value.bool("scale_attn_weights", default: true)
    let isScaledByLayer = try value.bool("scale_attn_by_inverse_layer_idx", default: false)
    let (hidden, inner, epsilon) = (settings.hidden, settings.intermediate, settings.epsilon)

    let model = weights.first(of: ["transformer", ""], having: "wte.weight")
    model.ignore(suffixes: [".attn.bias", ".attn.masked_bias"])
    let embedding = try settings.embedding(model, "wte")
    let positions = try model.embedding("wpe", count: settings.maximumLength, width: hidden)
    func linear(_ weights: WeightScope, _ name: String, from inputs: Int, to outputs: Int) throws -> Linear {
      try weights.linears(
        name, from: inputs, to: outputs, parts: [[0..<outputs]], bias: true, inputsFirst: true)[0]
    }
    var layers: [Decoder.Layer] = []
    for number in 0..<settings.layers {
      let layer = model["h"][number]
      let projections = try layer["attn"].linears(
        "c_attn", from: hidden, to: 3 * hidden,
        parts: [[0..<hidden], [hidden..<2 * hidden], [2 * hidden..<3 * hidden]], bias: true, inputsFirst: true)
      var attention = GroupedAttention(
        heads: settings.heads, keyHeads: settings.heads, headSize: settings.headSize, query: projections[0],
        key: projections[1], value: projections[2],
        output: try linear(layer["attn"], "c_proj", from: hidden, to: hidden))
      attention.rotation = nil
      if !isScaled { attention.scale = 1 }
      if isScaledByLayer { attention.scale /= Float(number + 1) }
      layers.append(
        Decoder.Layer(
          attentionNorm: try layer.layerNorm("ln_1", width: hidden, epsilon: epsilon), attention: attention,
          feedForwardNorm: try layer.layerNorm("ln_2", width: hidden, epsilon: epsilon),
          feedForward: PlainMLP(
            inner: try linear(layer["mlp"], "c_fc", from: hidden, to: inner),
            outer: try linear(layer["mlp"], "c_proj", from: inner, to: hidden), activation: settings.activation)))
    }
    let norm = try model.layerNorm("ln_f", width: hidden, epsilon: epsilon)
    return Decoder(
      settings, embedding: embedding, positions: positions, rotations: RotaryEmbeddings(kinds: []), layers: layers,
      head: try settings.head(weights, norm: norm, embedding: embedding))
  }
}
