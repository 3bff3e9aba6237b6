/// GPT-NeoX and Pythia: layer norms, rotary positions for a part of each head, plain feed-forward blocks that read the
/// stream beside attention.
///
/// Queries, keys and values are stored as one matrix, head by head.
enum GPTNeoX: Architecture {
  static let names = ["GPTNeoXForCausalLM"]

  static func decoder(_ configuration: ModelValue, weights: WeightScope) throws -> Decoder {
    let settings = try DecoderSettings(
      configuration,
      .init(
        names: [
          "rms_norm_eps": "layer_norm_eps", "rope_theta": "rotary_emb_base", "partial_rotary_factor": "rotary_pct",
        ],
        epsilon: 1e-5, activation: .gelu, rotaryShare: 0.25))
    let rotations = try settings.rotations()
    let bias = try settings.value.bool("attention_bias", default: true)
    let isParallel = try settings.value.bool("use_parallel_residual", default: true)
    let (hidden, inner, epsilon, size) = (settings.hidden, settings.intermediate, settings.epsilon, settings.headSize)
    let model = weights["gpt_neox"]
    model.ignore(suffixes: [".attention.bias", ".attention.masked_bias"])
    let embedding = try settings.embedding(model, "embed_in")
    // Where the queries (0), keys (1) or values (2) of all heads are.
    func rows(_ part: Int) -> [Range<Int>] {
      (0..<settings.heads).map { head in (3 * head + part) * size..<(3 * head + part + 1) * size }
    }
    var layers: [Decoder.Layer] = []
    for number in 0..<settings.layers {
      let layer = model["layers"][number]
      let projections = try layer["attention"].linears(
        "query_key_value", from: hidden, to: 3 * settings.heads * size, parts: [rows(0), rows(1), rows(2)], bias: bias)
      layers.append(
        Decoder.Layer(
          attentionNorm: try layer.layerNorm("input_layernorm", width: hidden, epsilon: epsilon),
          attention: GroupedAttention(
            heads: settings.heads, keyHeads: settings.heads, headSize: size, query: projections[0],
            key: projections[1], value: projections[2],
            output: try layer["attention"].linear("dense", from: settings.heads * size, to: hidden, bias: bias)),
          feedForwardNorm: try layer.layerNorm("post_attention_layernorm", width: hidden, epsilon: epsilon),
          feedForward: PlainMLP(
            inner: try layer["mlp"].linear("dense_h_to_4h", from: hidden, to: inner, bias: true),
            outer: try layer["mlp"].linear("dense_4h_to_h", from: inner, to: hidden, bias: true),
            activation: settings.activation),
          isParallel: isParallel))
    }
    let norm = try model.layerNorm("final_layer_norm", width: hidden, epsilon: epsilon)
    let head = weights.has("lm_head.weight") ? "lm_head" : "embed_out"
    return Decoder(
      settings, embedding: embedding, rotations: rotations.kinds, layers: layers,
      head: try settings.head(weights, head, norm: norm, embedding: embedding))
  }
}
