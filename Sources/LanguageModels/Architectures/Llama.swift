internal import Documents
internal import Kernels

/// Llama and what computes like it: RMS norms before attention and feed-forward blocks, grouped attention with rotary
/// positions, SiLU-gated feed-forward blocks, a tied or untied head.
struct Llama: Architecture {
  static let names = ["LlamaForCausalLM", "MistralForCausalLM"]

  let vocabulary: Int
  let keyValues: KeyValueLayout
  let rotations: RotaryEmbedding
  let bytesPerRow: Int
  let head: LanguageHead
  private let embedding: Embedding
  private let layers: [Layer]

  private struct Layer {
    var attentionNorm: RMSNorm
    var attention: GroupedAttention
    var feedForwardNorm: RMSNorm
    var feedForward: GatedMLP
  }

  init(_ configuration: ModelValue, weights: WeightScope) throws {
    let sizes = 1...(1 << 24)
    let hidden = try configuration.integer("hidden_size", in: sizes)
    let intermediate = try configuration.integer("intermediate_size", in: sizes)
    let layerCount = try configuration.integer("num_hidden_layers", in: 1...100_000)
    let heads = try configuration.integer("num_attention_heads", in: 1...(1 << 16))
    let keyHeads = try configuration.integer("num_key_value_heads", in: 1...heads, default: heads)
    guard heads % keyHeads == 0 else {
      throw try configuration.member("num_key_value_heads").failure(
        "\(keyHeads) key heads cannot be shared evenly by \(heads) query heads")
    }
    let headSize = try Self.headSize(configuration, hidden: hidden, heads: heads)
    let epsilon = try configuration.number("rms_norm_eps", positive: true, default: 1e-6)
    let maximumLength = try configuration.integer("max_position_embeddings", in: 1...(1 << 40), default: 2048)
    try Self.refuseWhatIsNotComputed(configuration, maximumLength: maximumLength)
    let attentionBias = try configuration.bool("attention_bias", default: false)
    let feedForwardBias = try configuration.bool("mlp_bias", default: false)

    vocabulary = try configuration.integer("vocab_size", in: 1...BytePairModel.largestToken + 1)
    rotations = try RotaryEmbedding(configuration, headSize: headSize, maximumLength: maximumLength)
    keyValues = KeyValueLayout(layers: layerCount, heads: keyHeads, headSize: headSize)
    bytesPerRow =
      4 * (2 * hidden + (2 * heads + 4 * keyHeads) * headSize + intermediate)

    let model = weights["model"]
    embedding = try model.embedding("embed_tokens", count: vocabulary, width: hidden)
    var layers: [Layer] = []
    for number in 0..<layerCount {
      let layer = model["layers"][number]
      layers.append(
        Layer(
          attentionNorm: try layer.norm("input_layernorm", width: hidden, epsilon: epsilon),
          attention: try GroupedAttention(
            layer["self_attn"], hidden: hidden, heads: heads, keyHeads: keyHeads, headSize: headSize,
            bias: attentionBias),
          feedForwardNorm: try layer.norm("post_attention_layernorm", width: hidden, epsilon: epsilon),
          feedForward: try GatedMLP(
            layer["mlp"], hidden: hidden, intermediate: intermediate, bias: feedForwardBias)))
    }
    self.layers = layers
    let tied = try configuration.bool("tie_word_embeddings", default: false)
    head = LanguageHead(
      norm: try model.norm("norm", width: hidden, epsilon: epsilon),
      matrix: try weights.head("lm_head", tied: tied ? embedding : nil, vocabulary: vocabulary, width: hidden))
  }

  private static func headSize(
    _ configuration: ModelValue, hidden: Int, heads: Int
  ) throws(ModelError) -> Int {
    if let given = configuration["head_dim"] {
      let size = try given.integer(in: 1...(1 << 16))
      guard size % 2 == 0 else { throw given.failure("expected an even number, found \(size)") }
      return size
    }
    guard hidden % heads == 0, hidden / heads % 2 == 0 else {
      throw try configuration.member("num_attention_heads").failure(
        "hidden_size \(hidden) cannot be divided into \(heads) heads of an even size; give head_dim")
    }
    return hidden / heads
  }

  /// Settings under which transformers would compute something else.
  private static func refuseWhatIsNotComputed(
    _ configuration: ModelValue, maximumLength: Int
  ) throws(ModelError) {
    if let activation = configuration["hidden_act"], !["silu", "swish"].contains(try activation.string()) {
      throw activation.failure(
        "the activation \"\(try activation.string())\" is not supported", hint: "supported: silu")
    }
    let isMistral = try configuration.string("model_type") == "mistral"
    if isMistral, configuration.node["sliding_window"] == nil {
      throw configuration.failure(
        "sliding_window is missing, which means a window of 4096 tokens; sliding windows are not supported",
        hint: "write \"sliding_window\": null if the model has none")
    }
    if let window = configuration["sliding_window"], isMistral, try window.integer(in: 0...(1 << 40)) < maximumLength {
      throw window.failure("sliding windows are not supported")
    }
  }

  func run(_ pass: Pass) throws {
    try embedding.apply(pass)
    for (number, layer) in layers.enumerated() {
      try layer.attention.apply(
        try layer.attentionNorm.apply(pass, element: head.matrix.element), layer: number, pass: pass)
      try layer.feedForward.apply(
        try layer.feedForwardNorm.apply(pass, element: head.matrix.element), pass: pass)
    }
  }
}
