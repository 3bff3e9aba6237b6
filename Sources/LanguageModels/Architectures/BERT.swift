internal import Kernels

/// BERT and RoBERTa: tokens look in both directions, norms stand behind each block on the stream itself, positions are
/// learned vectors.
///
/// What stands behind the layers in a checkpoint (a pooler, a head for masked words) has no part in embeddings.
struct BERT: Sendable {
  /// One layer.
  private struct Layer: Sendable {
    var attention: GroupedAttention
    var attentionNorm: Norm
    var feedForward: PlainMLP
    var feedForwardNorm: Norm
  }

  /// The families, by `model_type`.
  enum Kind: String, CaseIterable {
    case bert
    case roberta
    case xlmRoberta = "xlm-roberta"
  }

  /// The number of tokens.
  let vocabulary: Int
  /// The elements of a row.
  let hidden: Int
  /// The longest text for which there are positions.
  let maximumLength: Int
  let keyValues: KeyValueLayout
  let bytesPerRow: Int
  private let element: MatrixElement
  private let embedding: Embedding
  private let positions: Embedding
  /// The vector that stands for the position of the first token.
  private let firstPosition: Int
  private let types: Embedding
  private let embeddingNorm: Norm
  private let layers: [Layer]

  init(_ configuration: ModelValue, weights: WeightScope, element: MatrixElement) throws {
    let kind: Kind = try configuration.kind("model_type", of: "encoder")
    let settings = try DecoderSettings(
      configuration,
      .init(
        names: ["rms_norm_eps": "layer_norm_eps"], sizes: ["max_position_embeddings": 512], epsilon: 1e-12,
        activation: .gelu, rotaryShare: nil))
    try settings.refuse("is_decoder", because: "this model predicts tokens; it is no encoder")
    if let position = configuration["position_embedding_type"], try position.string() != "absolute" {
      throw position.failure("only absolute positions are supported")
    }
    // The padding token's number is that of the last vector that is no position.
    firstPosition =
      kind == .bert
      ? 0 : try configuration.integer("pad_token_id", in: 0...BytePairModel.largestToken, default: 1) + 1
    maximumLength = max(0, settings.maximumLength - firstPosition)
    (vocabulary, hidden) = (settings.vocabulary, settings.hidden)
    let (hidden, heads, size) = (settings.hidden, settings.heads, settings.headSize)
    keyValues = KeyValueLayout(layers: settings.layers, heads: heads, headSize: size)
    bytesPerRow = 4 * (3 * hidden + 6 * hidden + settings.intermediate)
    self.element = element

    let model = weights.first(of: ["", "bert", "roberta"], having: "embeddings.word_embeddings.weight")
    weights.ignore(suffixes: ["embeddings.position_ids", "pooler.dense.weight", "pooler.dense.bias"])
    let inputs = model["embeddings"]
    embedding = try settings.embedding(inputs, "word_embeddings")
    positions = try inputs.embedding("position_embeddings", count: settings.maximumLength, width: hidden)
    types = try inputs.embedding(
      "token_type_embeddings", count: try configuration.integer("type_vocab_size", in: 1...(1 << 16), default: 2),
      width: hidden)
    func norm(_ weights: WeightScope) throws -> Norm {
      try weights.layerNorm("LayerNorm", width: hidden, epsilon: settings.epsilon)
    }
    embeddingNorm = try norm(inputs)
    layers = try (0..<settings.layers).map { number in
      let layer = model["encoder"]["layer"][number]
      let (attention, output) = (layer["attention"]["self"], layer["attention"]["output"])
      func linear(_ name: String) throws -> Linear {
        try attention.linear(name, from: hidden, to: heads * size, bias: true)
      }
      var block = GroupedAttention(
        heads: heads, keyHeads: heads, headSize: size, query: try linear("query"), key: try linear("key"),
        value: try linear("value"), output: try output.linear("dense", from: heads * size, to: hidden, bias: true))
      block.rotation = nil
      block.isCausal = false
      return Layer(
        attention: block, attentionNorm: try norm(output),
        feedForward: PlainMLP(
          inner: try layer["intermediate"].linear("dense", from: hidden, to: settings.intermediate, bias: true),
          outer: try layer["output"].linear("dense", from: settings.intermediate, to: hidden, bias: true),
          activation: settings.activation),
        feedForwardNorm: try norm(layer["output"]))
    }
  }

  /// Takes whole texts through all layers and leaves the rows on the pass's stream.
  ///
  /// - Throws: ``NotFinite`` if a layer gives no numbers.
  func run(_ pass: Pass) throws {
    try embedding.apply(pass)
    try positions.addPositions(from: firstPosition, to: pass)
    try types.add(index: 0, to: pass)
    try embeddingNorm.replace(pass)
    for (number, layer) in layers.enumerated() {
      try layer.attention.apply(pass.plainRows(width: hidden, element: element), layer: number, pass: pass)
      try layer.attentionNorm.replace(pass)
      try layer.feedForward.apply(pass.plainRows(width: hidden, element: element), pass: pass, norm: nil)
      try layer.feedForwardNorm.replace(pass)
    }
  }
}
