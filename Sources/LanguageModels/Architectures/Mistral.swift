/// Mistral: Llama in which tokens may see only a window of those before them, in every layer.
///
/// A configuration without the key `sliding_window` has a window of 4096 tokens; one that says null has none.
enum Mistral: Architecture {
  static let names = ["MistralForCausalLM"]

  static func decoder(_ configuration: ModelValue, weights: WeightScope) throws -> Decoder {
    let settings = try DecoderSettings(configuration, .init(sizes: ["num_key_value_heads": 8]))
    let window = try settings.window(default: 4096)
    return try Llama.decoder(
      settings, weights: weights, windows: Array(repeating: window, count: settings.layers)
    ) { layer, _ in
      (try settings.attention(layer["self_attn"], bias: false), try settings.gatedMLP(layer["mlp"]))
    }
  }
}
