public import Tensors

extension AdapterFolder {
  /// A model with this adapter applied to its weights while they are read.
  ///
  /// What PEFT's `merge_and_unload` computes, with one rounding, but for models that use one matrix as embedding and
  /// head: an adapter on either leaves the other as it was, as in training, and the configuration says so.
  ///
  /// - Parameters:
  ///   - base: the model's tensors.
  ///   - configuration: the model's `config.json`, if it has one.
  /// - Returns: the adapted tensors, and the configuration that describes them.
  public func applied(
    to base: any TensorSource, configuration: JSONFile?
  ) throws(CheckpointError) -> (weights: AdaptedTensors, configuration: JSONFile?) {
    let matching = try AdapterMatching(self, base.index, configuration: configuration?.root)
    var changed = configuration
    if matching.unties, let file = configuration {
      let patched = try ConfigurationPatch(tiesEmbeddings: false).applied(to: file)
      changed = try JSONFile(path: file.path, bytes: patched.bytes)
    }
    return (AdaptedTensors(matching.adaptations, of: base, adapter: checkpoint), changed)
  }
}
