internal import Kernels

/// A model that predicts the next token: embedding, layers of attention and feed-forward blocks, head.
///
/// Families differ in the parts they put in; what is done with the parts stands here.
struct Decoder: Sendable {
  /// One layer; norms that a family does not have are nil.
  struct Layer: Sendable {
    /// Before attention; without it attention reads the stream itself.
    var attentionNorm: Norm?
    var attention: GroupedAttention
    /// Behind attention, before its result is added to the stream.
    var attentionOutputNorm: Norm?
    /// Before the feed-forward block; without it the block reads the stream itself.
    var feedForwardNorm: Norm?
    var feedForward: any FeedForward
    /// Behind the feed-forward block, before its result is added to the stream.
    var feedForwardOutputNorm: Norm?
    /// Whether both blocks read the stream as it was before either.
    var isParallel = false
  }

  /// The number of tokens.
  let vocabulary: Int
  /// How keys and values are kept.
  let keyValues: KeyValueLayout
  /// The angles of positions.
  let rotations: RotaryEmbeddings
  /// The bytes of activations that one row takes, about.
  let bytesPerRow: Int
  /// The last norm and the map to the vocabulary.
  let head: LanguageHead
  /// Whether a generation computes everything anew when its length changes the rotations of early tokens.
  var restartsWithRegime = false
  private let embedding: Embedding
  private let positions: Embedding?
  private let layers: [Layer]
  private let hidden: Int

  /// Puts a model together.
  ///
  /// - Parameters:
  ///   - positions: the learned vectors of positions, for families that have them.
  ///   - rotations: the rotary positions that the layers' attention blocks refer to.
  init(
    _ settings: DecoderSettings, embedding: Embedding, positions: Embedding? = nil, rotations: RotaryEmbeddings,
    layers: [Layer], head: LanguageHead
  ) {
    (self.embedding, self.positions, self.layers, self.head) = (embedding, positions, layers, head)
    self.rotations = rotations
    vocabulary = settings.vocabulary
    hidden = settings.hidden
    keyValues = KeyValueLayout(layers: settings.layers, heads: settings.keyHeads, headSize: settings.headSize)
    bytesPerRow =
      4 * (2 * hidden + (2 * settings.heads + 4 * settings.keyHeads) * settings.headSize + settings.intermediate)
  }

  /// Takes the tokens of a pass through all layers and leaves the result on its stream.
  ///
  /// - Throws: ``NotFinite`` if a layer gives no numbers.
  func run(_ pass: Pass) throws {
    let element = head.matrix.element
    try embedding.apply(pass)
    try positions?.addPositions(from: 0, to: pass)
    for (number, layer) in layers.enumerated() {
      // What the feed-forward block of a parallel layer reads must outlast attention.
      let early =
        layer.isParallel
        ? try layer.feedForwardNorm?.apply(pass, element: element, into: pass.workspace.besides) : nil
      try layer.attention.apply(
        try layer.attentionNorm?.apply(pass, element: element) ?? pass.plainRows(width: hidden, element: element),
        layer: number, pass: pass, norm: layer.attentionOutputNorm)
      let rows =
        try early ?? layer.feedForwardNorm?.apply(pass, element: element)
        ?? pass.plainRows(width: hidden, element: element)
      try layer.feedForward.apply(rows, pass: pass, norm: layer.feedForwardOutputNorm)
    }
  }
}
