public import Tensors

/// A model with an adapter applied to its weights while they are read.
public struct AdaptedModel: Sendable {
  /// The adapted tensors.
  public let weights: AdaptedTensors
  /// The configuration that describes them, if the model has one.
  public let configuration: JSONFile?
  /// The adapter's folder.
  public let location: String
  /// Lines that differ when the adapter does.
  public let identity: [String]
}

extension AdapterFolder {
  /// A model with this adapter applied to its weights while they are read.
  ///
  /// What PEFT's `merge_and_unload` computes, with one rounding, but for models that use one matrix as embedding and
  /// head: an adapter on either leaves the other as it was, as in training, and the configuration says so.
  ///
  /// - Parameters:
  ///   - base: the model's tensors.
  ///   - configuration: the model's `config.json`, if it has one.
  public func applied(
    to base: any TensorSource, configuration: JSONFile?
  ) throws(CheckpointError) -> AdaptedModel {
    let matching = try AdapterMatching(self, base.index, configuration: configuration?.root)
    var changed = configuration
    if matching.unties, let file = configuration {
      let patched = try ConfigurationPatch(tiesEmbeddings: false).applied(to: file)
      changed = try JSONFile(path: file.path, bytes: patched.bytes)
    }
    return AdaptedModel(
      weights: AdaptedTensors(matching.adaptations, of: base, adapter: checkpoint), configuration: changed,
      location: path, identity: identity)
  }
}
