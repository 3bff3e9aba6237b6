public import Documents
public import Tensors

/// The few changes that a merge makes to `config.json`; every other byte stays as its author wrote it.
public struct ConfigurationPatch: Hashable, Sendable {
  /// The number of layers to state, or nil to leave it.
  public var layerCount: Int?
  /// The stacks of layers that are put together anew; the main one among them overrides `layerCount`.
  public var layers: [LayerChange] = []
  /// The size of the vocabulary to state, or nil to leave it.
  public var vocabularySize: Int?
  /// The dtype to state, or nil to leave it.
  public var dtype: DType?
  /// Whether the head shares the embedding's weights, or nil to leave what is stated.
  public var tiesEmbeddings: Bool?

  /// Describes changes.
  public init(layerCount: Int? = nil, dtype: DType? = nil, tiesEmbeddings: Bool? = nil) {
    self.layerCount = layerCount
    self.dtype = dtype
    self.tiesEmbeddings = tiesEmbeddings
  }

  /// A patched configuration.
  public struct Result: Sendable {
    /// The new text.
    public var bytes: [UInt8]
    /// The new text, parsed.
    public var root: JSONNode
    /// What the changed numbers no longer agree with.
    public var warnings: [Diagnostic]
  }

  /// What configurations call their number of layers; the first that is there counts.
  public static let layerCountKeys = [
    "num_hidden_layers", "n_layer", "n_layers", "num_layers", "num_decoder_layers", "decoder_layers",
  ]
  /// What configurations call their dtype: the older and the newer name.
  public static let dtypeKeys = ["torch_dtype", "dtype"]
  /// What configurations call the sharing of embedding and head.
  static let tiedKey = "tie_word_embeddings"
  /// Where models of several parts keep the configuration of their language model.
  static let innerConfigurations = ["text_config", "llm_config", "language_config"]

  /// Carries the changes out.
  ///
  /// - Parameter models: the configurations of the models that layers come from.
  /// - Throws: if a layer count is to change and the configuration states none.
  public func applied(to file: JSONFile, models: [JSONFile?] = []) throws(CheckpointError) -> Result {
    var replacements: [(range: Range<Int>, json: String)] = []
    var warnings: [Diagnostic] = []
    var stacks = layers
    if let layerCount, !layers.contains(where: \.isMain) { stacks.append(LayerChange(count: layerCount)) }
    for stack in stacks {
      var change = ConfigurationLayers(stack, in: file, models: models)
      try change.apply()
      replacements += change.replacements
      warnings += change.warnings
    }
    if let vocabularySize {
      for node in Self.stated(["vocab_size"], in: file.root) where node.int != nil && node.int != vocabularySize {
        replacements.append((node.range, String(vocabularySize)))
      }
    }
    var additions: [(key: String, json: String)] = []
    if let dtype {
      let json = JSONEdit.quote(dtype.rawValue)
      let stated = Self.stated(Self.dtypeKeys, in: file.root)
      for node in stated where node.string != dtype.rawValue { replacements.append((node.range, json)) }
      if stated.isEmpty { additions.append((Self.dtypeKeys[0], json)) }
    }
    if let tiesEmbeddings {
      let stated = Self.stated([Self.tiedKey], in: file.root)
      for node in stated where node.bool != tiesEmbeddings { replacements.append((node.range, "\(tiesEmbeddings)")) }
      if stated.isEmpty { additions.append((Self.tiedKey, "\(tiesEmbeddings)")) }
    }
    let text = JSONEdit.replacing(replacements, in: file.bytes)
    do throws(JSONError) {
      let bytes = additions.isEmpty ? text : try JSONEdit.setting(additions, in: text)
      return Result(bytes: bytes, root: try JSONParser.parse(bytes), warnings: warnings)
    } catch {
      throw CheckpointError(.inconsistent, path: file.path, error.description)
    }
  }

  /// The number of layers that a configuration states, with its key.
  public static func layerCount(in root: JSONNode) -> (key: String, node: JSONNode)? {
    for object in [root] + innerConfigurations.compactMap({ root[$0] }) {
      for key in layerCountKeys {
        if let node = object[key], node.int != nil { return (key, node) }
      }
    }
    return nil
  }

  private static func stated(_ keys: [String], in root: JSONNode) -> [JSONNode] {
    ([root] + innerConfigurations.compactMap { root[$0] }).flatMap { object in keys.compactMap { object[$0] } }
  }
}
