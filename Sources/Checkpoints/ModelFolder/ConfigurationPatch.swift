public import Documents
public import Tensors

/// The few changes that a merge makes to `config.json`; every other byte stays as its author wrote it.
public struct ConfigurationPatch: Hashable, Sendable {
  /// The number of layers to state, or nil to leave it.
  public var layerCount: Int?
  /// The dtype to state, or nil to leave it.
  public var dtype: DType?

  /// Describes changes.
  public init(layerCount: Int? = nil, dtype: DType? = nil) {
    self.layerCount = layerCount
    self.dtype = dtype
  }

  /// A patched configuration.
  public struct Result: Hashable, Sendable {
    /// The new text.
    public var bytes: [UInt8]
    /// What the changed numbers no longer agree with.
    public var warnings: [Diagnostic]
  }

  /// What configurations call their number of layers; the first that is there counts.
  public static let layerCountKeys = [
    "num_hidden_layers", "n_layer", "n_layers", "num_layers", "num_decoder_layers", "decoder_layers",
  ]
  /// What configurations call their dtype: the older and the newer name.
  public static let dtypeKeys = ["torch_dtype", "dtype"]
  /// Where models of several parts keep the configuration of their language model.
  static let innerConfigurations = ["text_config", "llm_config", "language_config"]

  /// Carries the changes out.
  ///
  /// - Throws: if the layer count is to change and the configuration states none.
  public func applied(to file: JSONFile) throws(CheckpointError) -> Result {
    var replacements: [(range: Range<Int>, json: String)] = []
    var warnings: [Diagnostic] = []
    if let layerCount {
      guard let (key, node) = Self.layerCount(in: file.root) else {
        throw CheckpointError(
          .inconsistent, path: file.path,
          "the layer count changes to \(layerCount), but the configuration states none; looked for "
            + Self.layerCountKeys.joined(separator: ", "))
      }
      if node.int != layerCount {
        replacements.append((node.range, String(layerCount)))
        warnings += Self.listsPerLayer(in: file, old: node.int, new: layerCount, key: key)
      }
    }
    var text = file.bytes
    if let dtype {
      let json = JSONEdit.quote(dtype.rawValue)
      let stated = Self.statedDTypes(in: file.root)
      for node in stated where node.string != dtype.rawValue { replacements.append((node.range, json)) }
      text = JSONEdit.replacing(replacements, in: text)
      if stated.isEmpty { text = try Self.adding(dtype, to: text, path: file.path) }
    } else {
      text = JSONEdit.replacing(replacements, in: text)
    }
    return Result(bytes: text, warnings: warnings)
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

  private static func statedDTypes(in root: JSONNode) -> [JSONNode] {
    ([root] + innerConfigurations.compactMap { root[$0] }).flatMap { object in dtypeKeys.compactMap { object[$0] } }
  }

  private static func adding(_ dtype: DType, to text: [UInt8], path: String) throws(CheckpointError) -> [UInt8] {
    do throws(JSONError) {
      return try JSONEdit.setting([(dtypeKeys[0], JSONEdit.quote(dtype.rawValue))], in: text)
    } catch {
      throw CheckpointError(.inconsistent, path: path, error.description)
    }
  }

  /// Lists with one element for each layer do not fit the new count; what belongs in them only the author knows.
  private static func listsPerLayer(in file: JSONFile, old: Int?, new: Int, key: String) -> [Diagnostic] {
    guard let old, old > 1 else { return [] }
    var found: [Diagnostic] = []
    for object in [file.root] + innerConfigurations.compactMap({ file.root[$0] }) {
      for member in object.object ?? [] where member.node.array?.count == old {
        found.append(
          Diagnostic(
            .warning, file: file.path, at: file.position(of: member.node),
            "\(member.key) has \(old) elements, one for each layer, it seems; \(key) becomes \(new)",
            hint: "edit the list in the output's config.json"))
      }
    }
    return found
  }
}
