public import Tensors

/// The tensors of a model that have one row for each token.
public struct VocabularyTensors: Sendable {
  /// Those that turn tokens into vectors, in the order of the files.
  public private(set) var embeddings: [TensorDescription] = []
  /// Those that turn vectors into tokens, biases included.
  public private(set) var heads: [TensorDescription] = []

  /// How many rows they have, or nil if there are none.
  public var rowCount: Int? { embeddings.first?.shape.dimensions.first }

  /// Finds them as the planner does, by names and shapes.
  public init(_ header: ModelHeader) {
    let layout = ModelLayout(header)
    let roles = RoleInference(layouts: [layout], mainStack: ModelLayout.mainStack(of: [layout], donor: 0))
    for tensor in layout.loose where tensor.dtype.isFloatingPoint {
      switch roles.role(of: tensor) {
      case .embedding: embeddings.append(tensor)
      case .head: heads.append(tensor)
      default: break
      }
    }
    // Padded to another size, a tensor no longer goes by token numbers alone.
    embeddings = embeddings.filter { $0.shape.dimensions.first == rowCount }
    heads = heads.filter { $0.shape.dimensions.first == rowCount }
  }

  /// The tensor of this name, or nil.
  public subscript(name: String) -> TensorDescription? { (embeddings + heads).first { $0.name == name } }
}

extension ModelHeader {
  /// Whether the head may use the embedding's weights: the configuration does not say that it does not.
  public var mayTieEmbeddings: Bool { tiesEmbeddings != false }
}
