/// Qwen 2 and 2.5: Llama with biases for queries, keys and values, and windows in the upper layers if they are asked
/// for.
enum Qwen2: Architecture {
  static let names = ["Qwen2ForCausalLM"]

  static func decoder(_ configuration: ModelValue, weights: WeightScope) throws -> Decoder {
    let settings = try DecoderSettings(configuration)
    return try Llama.decoder(settings, weights: weights, windows: try settings.qwenWindows()) { layer, _ in
      (try settings.attention(layer["self_attn"], bias: true, outputBias: false), try settings.gatedMLP(layer["mlp"]))
    }
  }
}
