internal import Checkpoints
internal import MergeSpecs
internal import Tensors

extension ConfigurationPatch {
  /// What a plan changes in its donor's configuration.
  ///
  /// - Parameter dtype: what the weights are stored as, if the plan does not have the last word on it.
  init(_ plan: MergePlan, dtype: DType?) {
    self.init(
      layerCount: plan.layerCount, dtype: dtype ?? plan.configurationDType, tiesEmbeddings: plan.tiesEmbeddings)
    vocabularySize = plan.vocabularySize
    layers = plan.layers.map { stack in
      LayerChange(
        module: stack.module, isMain: stack.isMain, count: stack.origins.count, oldCount: stack.donorCount,
        origins: stack.origins.map { LayerChange.Origin(model: $0.model, layer: $0.layer) })
    }
  }
}
