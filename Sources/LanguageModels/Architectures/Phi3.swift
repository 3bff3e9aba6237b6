/// Phi 3, 3.5 and 4: Llama with one matrix for queries, keys and values and one for gate and up, and a window in every
/// layer if there is one.
enum Phi3: Architecture {
  static let names = ["Phi3ForCausalLM"]

  static func decoder(_ configuration: ModelValue, weights: WeightScope) throws -> Decoder {
    let settings = try DecoderSettings(configuration, .init(sizes: ["max_position_embeddings": 4096], epsilon: 1e-5))
    let window = try settings.window(default: nil)
    let (hidden, inner) = (settings.hidden, settings.intermediate)
    let (queries, keys) = (settings.heads * settings.headSize, settings.keyHeads * settings.headSize)
    var decoder = try Llama.decoder(
      settings, weights: weights, windows: Array(repeating: window, count: settings.layers)
    ) { layer, _ in
      let projections = try layer["self_attn"].linears(
        "qkv_proj", from: hidden, to: queries + 2 * keys,
        parts: [[0..<queries], [queries..<queries + keys], [queries + keys..<queries + 2 * keys]])
      let attention = GroupedAttention(
        heads: settings.heads, keyHeads: settings.keyHeads, headSize: settings.headSize, query: projections[0],
        key: projections[1], value: projections[2],
        output: try layer["self_attn"].linear("o_proj", from: queries, to: hidden))
      let gates = try layer["mlp"].linears(
        "gate_up_proj", from: hidden, to: 2 * inner, parts: [[0..<inner], [inner..<2 * inner]])
      return (
        attention,
        GatedMLP(
          gate: gates[0], up: gates[1], down: try layer["mlp"].linear("down_proj", from: inner, to: hidden),
          activation: settings.activation)
      )
    }
    decoder.restartsWithRegime = true
    return decoder
  }
}
