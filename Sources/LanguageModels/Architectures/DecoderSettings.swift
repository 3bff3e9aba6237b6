internal import Kernels

/// What nearly all configurations say: sizes, norms, positions, windows.
struct DecoderSettings {
  /// What a family assumes where its configuration says nothing, and how it calls things.
  struct Family {
    /// Other names of keys.
    var names: [String: String] = [:]
    /// Sizes by key; without one here, a size must be given, except those that follow from others.
    var sizes: [String: Int] = [:]
    var epsilon = 1e-6
    var isTied = false
    var activation = Activation.silu
    /// The inner size of feed-forward blocks in hidden sizes, where it may be left out.
    var widening: Int?
    /// The base of rotary positions.
    var rotaryBase = 10000.0
    /// The share of each head that rotary positions turn; nil for families without them.
    var rotaryShare: Double? = 1
  }

  let value: ModelValue
  let family: Family
  let hidden: Int
  let intermediate: Int
  let layers: Int
  let heads: Int
  let keyHeads: Int
  let headSize: Int
  let vocabulary: Int
  let maximumLength: Int
  let epsilon: Double
  let isTied: Bool
  let activation: Activation

  /// The most elements of a vector that a configuration may ask for.
  static let sizes = 1...(1 << 24)

  /// Reads a configuration; models of text and pictures have that of the text inside.
  init(_ configuration: ModelValue, _ family: Family = Family()) throws {
    let value = configuration["text_config"] ?? configuration
    (self.value, self.family) = (value, family)
    func size(_ key: String, in range: ClosedRange<Int> = Self.sizes, default other: Int? = nil) throws -> Int {
      let name = family.names[key] ?? key
      if let known = other ?? family.sizes[key] { return try value.integer(name, in: range, default: known) }
      return try value.integer(name, in: range)
    }
    let hidden = try size("hidden_size")
    self.hidden = hidden
    layers = try size("num_hidden_layers", in: 1...100_000)
    let heads = try size("num_attention_heads", in: 1...(1 << 16))
    let keyHeads = try size("num_key_value_heads", in: 1...heads, default: family.sizes["num_key_value_heads"] ?? heads)
    guard heads % keyHeads == 0 else {
      throw (value["num_key_value_heads"] ?? value).failure(
        "\(keyHeads) key heads cannot be shared evenly by \(heads) query heads")
    }
    (self.heads, self.keyHeads) = (heads, keyHeads)
    vocabulary = try size("vocab_size", in: 1...BytePairModel.largestToken + 1)
    maximumLength = try size("max_position_embeddings", in: 1...(1 << 40), default: 2048)
    intermediate = try size("intermediate_size", default: family.widening.map { $0 * hidden })
    epsilon = try value.number(family.names["rms_norm_eps"] ?? "rms_norm_eps", positive: true, default: family.epsilon)
    isTied = try (value["tie_word_embeddings"] ?? configuration["tie_word_embeddings"])?.bool() ?? family.isTied
    activation = try value.activation(family.names["hidden_act"] ?? "hidden_act", default: family.activation)
    headSize = try Self.headSize(value, family, hidden: hidden, heads: heads)
  }

  private static func headSize(
    _ value: ModelValue, _ family: Family, hidden: Int, heads: Int
  ) throws(ModelError) -> Int {
    // Rotations turn pairs.
    let step = family.rotaryShare == nil ? 1 : 2
    if let given = value["head_dim"] {
      let size = try given.integer(in: 1...(1 << 16))
      guard size % step == 0 else { throw given.failure("expected an even number, found \(size)") }
      return size
    }
    if let known = family.sizes["head_dim"] { return known }
    guard hidden % heads == 0, hidden / heads % step == 0 else {
      throw try value.member(family.names["num_attention_heads"] ?? "num_attention_heads").failure(
        "hidden_size \(hidden) cannot be divided into \(heads) heads of an even size; give head_dim")
    }
    return hidden / heads
  }

  // MARK: Windows

  /// The tokens that a token with a window sees; a configuration that says null has none.
  func window(default tokens: Int?) throws(ModelError) -> Int? {
    guard value.mentions("sliding_window") else { return tokens }
    return try value["sliding_window"]?.integer(in: 1...(1 << 40))
  }

  /// For each layer whether it has a window, by `layer_types` or, without it, by the family's rule.
  func slidingLayers(_ rule: (_ layer: Int) -> Bool) throws(ModelError) -> [Bool] {
    guard let types = value["layer_types"] else { return (0..<layers).map(rule) }
    var sliding: [Bool] = []
    for type in try types.elements() {
      switch try type.string() {
      case "sliding_attention": sliding.append(true)
      case "full_attention": sliding.append(false)
      case let other: throw type.unknown("layer type", other, known: ["full_attention", "sliding_attention"])
      }
    }
    guard sliding.count >= layers else {
      throw types.failure("expected \(layers) layer types, found \(sliding.count)")
    }
    return sliding
  }

  /// The windows of layers for Qwen's keys: `use_sliding_window`, and from which layer on.
  func qwenWindows() throws -> [Int?] {
    guard try value.bool("use_sliding_window", default: false), let window = try window(default: 4096) else {
      return Array(repeating: nil, count: layers)
    }
    let first = try value.integer("max_window_layers", in: 0...(1 << 40), default: 28)
    return try slidingLayers { $0 >= first }.map { $0 ? window : nil }
  }

  // MARK: Positions

  /// The rotations in both dialects, and which of them each layer uses.
  ///
  /// One for all layers, unless the parameters are given by layer type or a base for layers with windows is given.
  func rotations(
    sliding: [Bool] = [], localBase: Double? = nil
  ) throws -> (kinds: RotaryEmbeddings, ofLayer: [Int]) {
    let parameters = value["rope_scaling"] ?? value["rope_parameters"]
    let isNested = parameters?["full_attention"] != nil || parameters?["sliding_attention"] != nil
    let base = try (value[family.names["rope_theta"] ?? "rope_theta"])?.number(positive: true) ?? family.rotaryBase
    let share =
      try value[family.names["partial_rotary_factor"] ?? "partial_rotary_factor"]?.number(positive: true)
      ?? family.rotaryShare ?? 1
    func rotation(_ parameters: ModelValue?, base: Double) throws -> RotaryEmbedding {
      try RotaryEmbedding(
        parameters, base: base, share: share, configuration: value, headSize: headSize, maximumLength: maximumLength)
    }
    guard isNested || localBase != nil else {
      let only = try rotation(parameters, base: base)
      return (RotaryEmbeddings(kinds: [only]), Array(repeating: 0, count: layers))
    }
    let local = try value["rope_local_base_freq"]?.number(positive: true) ?? localBase ?? base
    let kinds = RotaryEmbeddings(kinds: [
      try rotation(isNested ? parameters?["full_attention"] : parameters, base: base),
      try rotation(isNested ? parameters?["sliding_attention"] : nil, base: local),
    ])
    return (kinds, (0..<layers).map { sliding.indices.contains($0) && sliding[$0] ? 1 : 0 })
  }

  // MARK: Parts

  /// The usual attention block with its four maps.
  func attention(
    _ weights: WeightScope, bias: Bool, outputBias: Bool? = nil
  ) throws(ModelError) -> GroupedAttention {
    GroupedAttention(
      heads: heads, keyHeads: keyHeads, headSize: headSize,
      query: try weights.linear("q_proj", from: hidden, to: heads * headSize, bias: bias),
      key: try weights.linear("k_proj", from: hidden, to: keyHeads * headSize, bias: bias),
      value: try weights.linear("v_proj", from: hidden, to: keyHeads * headSize, bias: bias),
      output: try weights.linear("o_proj", from: heads * headSize, to: hidden, bias: outputBias ?? bias))
  }

  /// The usual gated block with its three maps.
  func gatedMLP(_ weights: WeightScope, intermediate: Int? = nil, bias: Bool = false) throws(ModelError) -> GatedMLP {
    let inner = intermediate ?? self.intermediate
    return GatedMLP(
      gate: try weights.linear("gate_proj", from: hidden, to: inner, bias: bias),
      up: try weights.linear("up_proj", from: hidden, to: inner, bias: bias),
      down: try weights.linear("down_proj", from: inner, to: hidden, bias: bias), activation: activation)
  }

  /// The tokens' vectors.
  func embedding(_ weights: WeightScope, _ name: String = "embed_tokens") throws(ModelError) -> Embedding {
    try weights.embedding(name, count: vocabulary, width: hidden)
  }

  /// The head, tied to the embedding or not.
  func head(
    _ weights: WeightScope, _ name: String = "lm_head", norm: Norm, embedding: Embedding
  ) throws(ModelError) -> LanguageHead {
    weights.ignore(suffixes: ["rotary_emb.inv_freq"])
    return LanguageHead(
      norm: norm,
      matrix: try weights.head(name, tied: isTied ? embedding : nil, vocabulary: vocabulary, width: hidden))
  }

  /// Refuses a setting under which something else would be computed.
  func refuse(_ key: String, because reason: String) throws(ModelError) {
    if let setting = value[key], try setting.bool() { throw setting.failure(reason) }
  }
}
