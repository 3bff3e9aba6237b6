internal import Documents
internal import Tensors

extension PlanBuilder {
  /// What slices put together: a model as a whole, or one of its parts.
  struct Part {
    /// The part, as an index into the modules; nil for the model as a whole.
    var module: Int?
    /// The stack whose layers are counted.
    var stack: String?
    /// Whether that is the main stack.
    var isMain: Bool
  }

  /// Whether a tensor belongs to a part.
  func contains(_ tensor: String, in part: Part) -> Bool {
    part.module.map { modules.module(of: tensor) == $0 } ?? true
  }

  /// Adds a part from its slices.
  mutating func add(_ slices: [Slice], of composition: MergeSpec.Composition, to part: Part) {
    if case .models = composition {
      guard let slice = slices.first, checkLayerCounts(of: slice, in: part) else { return }
      addWhole(slice, to: part)
    } else {
      guard checkRanges(of: slices, in: part) else { return }
      addSlices(slices, to: part)
    }
  }

  // MARK: Modules

  /// Adds the modules that the spec names, and copies the others from the donor.
  mutating func addModules(_ named: [ModuleSpec], slices: [Slice]) {
    var seen: [Int: String] = [:]
    for (number, module) in named.enumerated() {
      guard let index = modules.named(module.name) else {
        faults.unknown(module, known: modules.modules)
        continue
      }
      if let other = seen[index] {
        faults.error(at: module.position, "\(module.name) and \(other) are the same part of the model")
        continue
      }
      seen[index] = module.name
      let part = Part(module: index, stack: modules.modules[index].stack, isMain: index == 0)
      add(slices.filter { $0.effective.module == number }, of: module.composition, to: part)
    }
    for index in modules.modules.indices where seen[index] == nil {
      let module = modules.modules[index]
      for tensor in headers[donor].index.tensors where modules.module(of: tensor.name) == index {
        steps.append(
          PlanStep(
            output: TensorDescription(
              name: tensor.name, dtype: copyDType(of: tensor), shape: tensor.shape),
            role: outerRole(of: tensor), inputs: [PlannedInput(model: donor, tensor: tensor)], base: nil,
            operation: .copy(reason: "the spec does not name the part \(module.name)")))
      }
    }
  }

  /// The role of any tensor, layers of the main stack among them.
  private func outerRole(of tensor: TensorDescription) -> TensorRole {
    guard let name = LayerName(tensor.name), layouts[donor].layerCounts[name.stack] != nil else {
      return role(of: tensor)
    }
    return name.stack == mainStack ? .layer(name.layer) : .other
  }

  // MARK: Whole models

  /// Whether all models have equally many layers, or the spec says what to do if they have not.
  private mutating func checkLayerCounts(of slice: Slice, in part: Part) -> Bool {
    guard let stack = part.stack else { return true }
    let counts = slice.models.map { layouts[$0].layerCounts[stack] ?? 0 }
    let expected = standardCount(of: slice, stack: stack)
    let standard = slice.effective.sources[slice.effective.base ?? 0].model
    let isAllowed = spec.mismatch == .skip || spec.mismatch == .copyBase
    for (source, count) in zip(slice.effective.sources, counts) where count != expected {
      if isAllowed {
        guard count > expected else { continue }
        faults.note(
          at: source.model.position,
          "\(source.model.text) has \(Words.count(count, "layer")), the output as many as \(standard.text): \(expected)"
        )
        continue
      }
      faults.error(
        at: source.model.position,
        count == 0
          ? "\(source.model.text) has no layers named \(stack).0 and on, as \(standard.text) has"
          : "\(source.model.text) has \(Words.count(count, "layer")), \(standard.text) has \(expected)",
        hint: count == 0
          ? "models of different architectures are merged only with `allow_mismatch: skip` or `copy-base`"
          : "use slices: with layer ranges to choose layers that go together, or `allow_mismatch: skip` or `copy-base`")
    }
    return isAllowed || counts.allSatisfy { $0 == expected }
  }

  private func standardCount(of slice: Slice, stack: String) -> Int {
    let model = slice.effective.base.map { slice.models[$0] } ?? slice.models.first
    return model.flatMap { layouts[$0].layerCounts[stack] } ?? 0
  }

  /// Adds everything that the models have of a part.
  private mutating func addWhole(_ slice: Slice, to part: Part) {
    for stack in stacks(of: slice.models, in: part) {
      let isCounted = stack == part.stack
      let count =
        isCounted && spec.mismatch != nil
        ? standardCount(of: slice, stack: stack) : slice.models.compactMap { layouts[$0].layerCounts[stack] }.max() ?? 0
      for layer in 0..<count {
        addLayer(
          layer, of: stack, slice: slice, starts: slice.models.map { _ in 0 }, offset: 0, depthCount: count,
          role: stack == mainStack ? .layer(layer) : .other)
      }
    }
    addLoose(of: slice, in: part) { _ in true }
  }

  private func stacks(of models: [Int], in part: Part) -> [String] {
    Set(models.flatMap { layouts[$0].layerCounts.keys }).filter { contains($0 + ".", in: part) }.sorted()
  }

  // MARK: Slices

  /// Whether all ranges lie within their models.
  private mutating func checkRanges(of slices: [Slice], in part: Part) -> Bool {
    var isSound = true
    for slice in slices {
      for (source, model) in zip(slice.effective.sources, slice.models) {
        guard let layers = source.layers else { continue }
        let count = part.stack.flatMap { layouts[model].layerCounts[$0] } ?? 0
        guard layers.range.upperBound > count else { continue }
        isSound = false
        faults.error(
          at: layers.position,
          count == 0
            ? "\(source.model.text) has no layers"
            : "layer_range [\(layers.range.lowerBound), \(layers.range.upperBound)] goes beyond the "
              + "\(Words.count(count, "layer")) of \(source.model.text)",
          hint: count == 0 ? nil : "the end may be at most \(count)")
      }
      // Ranges of different lengths have been reported already.
      if Set(slice.effective.sources.compactMap { $0.layers?.range.count }).count > 1 { isSound = false }
    }
    return isSound
  }

  /// Adds slice after slice, numbering the layers anew.
  private mutating func addSlices(_ slices: [Slice], to part: Part) {
    guard let stack = part.stack, let first = slices.first, let last = slices.last else { return }
    faults.checkTemplates(of: slices, layouts: layouts, stack: stack)
    var origins: [PlannedLayers.Origin] = []
    for slice in slices {
      let starts = slice.effective.sources.map { $0.layers?.range.lowerBound ?? 0 }
      let count = slice.effective.sources.first?.layers?.range.count ?? 0
      let offset = origins.count
      let standard = slice.models.firstIndex(of: donor) ?? slice.effective.base ?? 0
      for layer in 0..<count {
        addLayer(
          layer, of: stack, slice: slice, starts: starts, offset: offset, depthCount: count,
          role: part.isMain ? .layer(offset + layer) : .other)
        origins.append(PlannedLayers.Origin(model: slice.models[standard], layer: starts[standard] + layer))
      }
    }
    layers.append(
      PlannedLayers(
        module: modules.isSeveral ? modules.modules[part.module ?? 0].name : nil, isMain: part.isMain,
        donorCount: layouts[donor].layerCounts[stack] ?? 0, origins: origins))
    for other in stacks(of: first.models, in: part) where other != stack {
      let count = first.models.compactMap { layouts[$0].layerCounts[other] }.max() ?? 0
      for layer in 0..<count {
        addLayer(
          layer, of: other, slice: first, starts: first.models.map { _ in 0 }, offset: 0, depthCount: count,
          role: other == mainStack ? .layer(layer) : .other)
      }
    }
    // What comes before the layers is taken from the first slice, what comes after them from the last.
    addLoose(of: first, in: part) { $0 == .embedding || $0 == .other }
    addLoose(of: last, in: part) { $0 == .finalNorm || $0 == .head }
    if !spec.isFaulty { reportLeftOut(slices, of: part) }
  }

  /// Says which tensors outside of the layers no slice asks for.
  private mutating func reportLeftOut(_ slices: [Slice], of part: Part) {
    let written = Set(steps.map(\.output.name))
    var seen: Set<Int> = []
    for slice in slices {
      for (source, model) in zip(slice.effective.sources, slice.models) where seen.insert(model).inserted {
        let secondary = layouts[model].layerCounts.keys.filter { $0 != part.stack }.sorted()
        let left = (layouts[model].loose + secondary.flatMap { layouts[model].tensors(of: $0) })
          .map(\.name).filter { contains($0, in: part) && !written.contains($0) && !faults.isReported($0) }.sorted(
            by: NaturalOrder.precedes)
        guard let name = left.first else { continue }
        faults.warning(
          at: source.model.position,
          "\(name) of \(source.model.text)" + (left.count > 1 ? " and \(left.count - 1) more" : "")
            + " will not be in the output",
          hint: "what lies before the layers comes from the first slice, what lies after them from the last")
      }
    }
  }
}
