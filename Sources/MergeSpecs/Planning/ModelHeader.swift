public import Documents
public import Tensors

/// All that planning knows of a model: what its weight files say about themselves, and its configuration.
public struct ModelHeader: Sendable {
  /// The tensors of the checkpoint.
  public var index: TensorIndex
  /// The parsed config.json, if the model has one.
  public var configuration: JSONNode?
  /// The folder or file the model was found at; plans show it.
  public var location: String
  /// Whether the model is the result of another merge in the same file.
  public var isStage: Bool

  /// Describes a model.
  public init(index: TensorIndex, configuration: JSONNode?, location: String = "", isStage: Bool = false) {
    self.isStage = isStage
    self.index = index
    self.configuration = configuration
    self.location = location
  }

  /// The configuration of the language model: the nested one of a model that also sees or hears.
  var languageConfiguration: [JSONNode] {
    guard let configuration else { return [] }
    return [configuration] + ["text_config", "llm_config", "language_config"].compactMap { configuration[$0] }
  }

  /// The first whole number under one of these keys.
  package func configured(_ keys: [String]) -> Int? {
    for node in languageConfiguration {
      for key in keys {
        if let value = node[key]?.int { return value }
      }
    }
    return nil
  }

  /// What the configuration says about sharing the embedding with the head, if anything.
  var tiesEmbeddings: Bool? {
    languageConfiguration.lazy.compactMap { $0["tie_word_embeddings"]?.bool }.first
  }

  /// Whether the weights are codes of a quantisation and not numbers to calculate with.
  var isQuantised: Bool { configuration?["quantization_config"].map { !$0.isNull } ?? false }

  /// The dtype that the configuration states, if it does.
  var configuredDType: DType? {
    for node in languageConfiguration {
      for key in ["dtype", "torch_dtype"] {
        guard var name = node[key]?.string else { continue }
        if name.hasPrefix("torch.") { name.removeFirst(6) }
        if let dtype = DType(rawValue: name) { return dtype }
      }
    }
    return nil
  }
}
