internal import Documents
internal import MergeMethods

/// A slice as the method will see it: with the base among its sources where the rules put it there.
struct EffectiveSlice {
  var sources: [SourceSpec]
  /// Which source is the base model, if the method has a use for one.
  var base: Int?
  /// The model that the spec calls the base of this slice.
  var baseModel: ModelReference?
  var parameters: [ParameterEntry]
  /// Where to report what concerns the slice as a whole.
  var position: SourcePosition

  /// Whether a source does without the parameters that every model needs: the base of a method that works on
  /// differences to it.
  func isExempt(_ source: Int) -> Bool { source == base }

  /// Where a parameter of one source is looked up, the nearest place first.
  func levels(of parameter: ParameterDescription, source: Int, spec: MergeSpec) -> [[ParameterEntry]] {
    switch parameter.scope {
    case .global: [parameters, spec.parameters]
    case .perModel: [sources[source].parameters, parameters, spec.parameters]
    }
  }
}

extension MergeSpec {
  /// The slices of the output; `models:` makes one that has all layers.
  ///
  /// A base model that is not listed under `models:` is added as the last input, as mergekit does; to slices nothing
  /// is added.
  var effectiveSlices: [EffectiveSlice] {
    switch composition {
    case .models(let models, let position):
      var sources = models
      if let base = baseModel, !models.contains(where: { $0.model.text == base.text }) {
        sources.append(
          SourceSpec(model: base, layers: nil, parameters: [], position: base.position, isAddedBase: true))
      }
      return [slice(sources, base: baseModel, parameters: [], position: position)]
    case .slices(let slices, _):
      return slices.map {
        slice($0.sources, base: $0.baseModel ?? baseModel, parameters: $0.parameters, position: $0.position)
      }
    }
  }

  private func slice(
    _ sources: [SourceSpec], base: ModelReference?, parameters: [ParameterEntry], position: SourcePosition
  ) -> EffectiveSlice {
    let index = method.base == .unused ? nil : sources.firstIndex { $0.model.text == base?.text }
    return EffectiveSlice(sources: sources, base: index, baseModel: base, parameters: parameters, position: position)
  }
}
