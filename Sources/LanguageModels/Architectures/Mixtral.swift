internal import Kernels

/// Mixtral: Mistral with a mixture of experts in every layer, of which each token goes through a few.
enum Mixtral: Architecture {
  static let names = ["MixtralForCausalLM"]

  static func decoder(_ configuration: ModelValue, weights: WeightScope) throws -> Decoder {
    let settings = try DecoderSettings(
      configuration, .init(sizes: ["num_key_value_heads": 8], epsilon: 1e-5, rotaryBase: 1e6))
    let window = try settings.window(default: nil)
    return try Llama.decoder(
      settings, weights: weights, windows: Array(repeating: window, count: settings.layers)
    ) { layer, _ in
      // Checkpoints by Mixtral's own names, or by those that mixtures share.
      let block = layer.first(of: ["block_sparse_moe", "mlp"], having: "gate.weight")
      let attention = try settings.attention(layer["self_attn"], bias: false)
      return (attention, try experts(settings, block))
    }
  }

  private static func experts(_ settings: DecoderSettings, _ weights: WeightScope) throws -> MixtureOfExperts {
    let count = try settings.value.integer("num_local_experts", in: 1...(1 << 16), default: 8)
    return try MixtureOfExperts(
      weights, settings: settings, count: count, intermediate: settings.intermediate,
      picked: try settings.value.integer("num_experts_per_tok", in: 1...count, default: 2), normalizesShares: true,
      names: (gate: "w1", up: "w3", down: "w2"))
  }
}

extension MixtureOfExperts {
  /// Reads a router and its experts: one tensor for each map of each expert, or one for all experts.
  init(
    _ weights: WeightScope, settings: DecoderSettings, count: Int, intermediate inner: Int, picked: Int,
    normalizesShares: Bool, names: (gate: String, up: String, down: String)
  ) throws {
    let hidden = settings.hidden
    router = try weights.linear("gate", from: hidden, to: count)
    self.picked = picked
    self.normalizesShares = normalizesShares
    guard weights.has("experts.gate_up_proj") else {
      experts = try (0..<count).map { number in
        let expert = weights["experts"][number]
        return GatedMLP(
          gate: try expert.linear(names.gate, from: hidden, to: inner),
          up: try expert.linear(names.up, from: hidden, to: inner),
          down: try expert.linear(names.down, from: inner, to: hidden), activation: settings.activation)
      }
      return
    }
    let stack = weights["experts"]
    let gates = try (0..<count).map { number in
      try [0..<inner, inner..<2 * inner].map { part in
        try stack.linear(stacked: "gate_up_proj", number, of: count, from: hidden, to: 2 * inner, part: part)
      }
    }
    experts = try (0..<count).map { number in
      GatedMLP(
        gate: gates[number][0], up: gates[number][1],
        down: try stack.linear(stacked: "down_proj", number, of: count, from: inner, to: hidden, part: 0..<hidden),
        activation: settings.activation)
    }
  }
}
