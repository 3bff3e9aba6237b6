/// Qwen 3 with mixtures of experts in most layers.
///
/// Layers in `mlp_only_layers`, and those between the steps of `decoder_sparse_step`, have a plain gated block.
enum Qwen3MoE: Architecture {
  static let names = ["Qwen3MoeForCausalLM"]

  static func decoder(_ configuration: ModelValue, weights: WeightScope) throws -> Decoder {
    let settings = try DecoderSettings(
      configuration, .init(sizes: ["num_key_value_heads": 4, "intermediate_size": 6144]))
    let value = settings.value
    // Unlike its relatives, all layers have the window.
    let window =
      try value.bool("use_sliding_window", default: false) ? try settings.window(default: 4096) : nil
    let step = try value.integer("decoder_sparse_step", in: 1...(1 << 40), default: 1)
    let plain = try Set((value["mlp_only_layers"]?.elements() ?? []).map { try $0.integer(in: 0...(1 << 40)) })
    let key = value["num_local_experts"] != nil ? "num_local_experts" : "num_experts"
    let count = try value.integer(key, in: 0...(1 << 16), default: 128)
    let picked = count == 0 ? 0 : try value.integer("num_experts_per_tok", in: 1...count, default: min(8, count))
    let inner = try value.integer("moe_intermediate_size", in: DecoderSettings.sizes, default: 768)
    let normalizesShares = try value.bool("norm_topk_prob", default: false)
    return try Llama.decoder(
      settings, weights: weights, windows: Array(repeating: window, count: settings.layers)
    ) { layer, number in
      let attention = try Qwen3.attention(settings, layer["self_attn"])
      guard count > 0, !plain.contains(number), (number + 1) % step == 0 else {
        return (attention, try settings.gatedMLP(layer["mlp"]))
      }
      return (
        attention,
        try MixtureOfExperts(
          layer["mlp"], settings: settings, count: count, intermediate: inner, picked: picked,
          normalizesShares: normalizesShares, names: (gate: "gate_proj", up: "up_proj", down: "down_proj"))
      )
    }
  }
}
