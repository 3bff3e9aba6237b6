internal import Documents
internal import MergeMethods

/// A slice as the method will see it: with the base among its sources where the rules put it there.
struct EffectiveSlice {
  /// The merge method: the slice's own, its module's, or the spec's.
  var method: MethodDescription
  /// Where the method is named.
  var methodPosition: SourcePosition
  /// Which part of a model of several parts the slice belongs to, as an index into the spec's modules.
  var module: Int?
  var sources: [SourceSpec]
  /// Which source is the base model, if the method has a use for one.
  var base: Int?
  /// The model that the spec calls the base of this slice.
  var baseModel: ModelReference?
  var parameters: [ParameterEntry]
  /// The parameters of the module.
  var moduleParameters: [ParameterEntry]
  /// Where to report what concerns the slice as a whole.
  var position: SourcePosition

  /// Whether a source does without the parameters that every model needs: the base of a method that works on
  /// differences to it.
  func isExempt(_ source: Int) -> Bool { source == base }

  /// Where a parameter of one source is looked up, the nearest place first.
  func levels(of parameter: ParameterDescription, source: Int, spec: MergeSpec) -> [[ParameterEntry]] {
    switch parameter.scope {
    case .global: [parameters, moduleParameters, spec.parameters]
    case .perModel: [sources[source].parameters, parameters, moduleParameters, spec.parameters]
    }
  }
}

extension MergeSpec {
  /// The slices of the output; `models:` makes one that has all layers.
  ///
  /// A base model that is not listed under `models:` is added as the last input, as mergekit does; to slices nothing
  /// is added.
  var effectiveSlices: [EffectiveSlice] {
    let own = (method, methodPosition)
    guard case .modules(let modules, _) = composition else { return effectiveSlices(of: composition, by: own) }
    return modules.enumerated().flatMap { index, module in
      let method = module.method.flatMap { method in module.methodPosition.map { (method, $0) } }
      return effectiveSlices(of: module.composition, by: method ?? own).map {
        var slice = $0
        slice.module = index
        slice.moduleParameters = module.parameters
        return slice
      }
    }
  }

  private func effectiveSlices(
    of composition: Composition, by method: (MethodDescription, SourcePosition)
  ) -> [EffectiveSlice] {
    switch composition {
    case .models(let models, let position):
      var sources = models
      if let base = baseModel, !models.contains(where: { $0.model.text == base.text }) {
        sources.append(
          SourceSpec(model: base, layers: nil, parameters: [], position: base.position, isAddedBase: true))
      }
      return [effectiveSlice(sources, method: method, base: baseModel, parameters: [], position: position)]
    case .slices(let slices, _):
      return slices.map { slice in
        effectiveSlice(
          slice.sources, method: slice.method.flatMap { method in slice.methodPosition.map { (method, $0) } } ?? method,
          base: slice.baseModel ?? baseModel, parameters: slice.parameters, position: slice.position)
      }
    case .modules: return []
    }
  }

  private func effectiveSlice(
    _ sources: [SourceSpec], method: (MethodDescription, SourcePosition), base: ModelReference?,
    parameters: [ParameterEntry], position: SourcePosition
  ) -> EffectiveSlice {
    let (method, methodPosition) = method
    // A model may be there twice; the first place is the base's.
    let index = method.base == .unused ? nil : sources.firstIndex { $0.model.text == base?.text }
    return EffectiveSlice(
      method: method, methodPosition: methodPosition, sources: sources, base: index, baseModel: base,
      parameters: parameters, moduleParameters: [], position: position)
  }

  /// Every merge method that some slice uses, in the order of the slices.
  var methods: [MethodDescription] {
    effectiveSlices.map(\.method).reduce(into: []) { all, method in
      if !all.contains(where: { $0.name == method.name }) { all.append(method) }
    }
  }
}
