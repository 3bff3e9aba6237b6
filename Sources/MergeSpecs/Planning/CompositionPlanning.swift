internal import Documents
internal import Tensors

extension PlanBuilder {
  // MARK: Whole models

  /// Whether all models have equally many layers.
  mutating func checkLayerCounts(of slice: Slice) -> Bool {
    guard let mainStack else { return true }
    let counts = slice.models.map { layouts[$0].layerCounts[mainStack] ?? 0 }
    let expected = slice.effective.base.map { counts[$0] } ?? counts.first ?? 0
    let standard = slice.effective.sources[slice.effective.base ?? 0].model
    for (source, count) in zip(slice.effective.sources, counts) where count != expected {
      faults.error(
        at: source.model.position,
        count == 0
          ? "\(source.model.text) has no layers named \(mainStack).0 and on, as \(standard.text) has"
          : "\(source.model.text) has \(Words.count(count, "layer")), \(standard.text) has \(expected)",
        hint: count == 0
          ? "models of different architectures cannot be merged"
          : "use slices: with layer ranges to choose layers that go together")
    }
    return counts.allSatisfy { $0 == expected }
  }

  /// Adds everything that the models have.
  mutating func addWhole(_ slice: Slice) {
    for stack in stacks(of: slice.models) {
      let count = slice.models.compactMap { layouts[$0].layerCounts[stack] }.max() ?? 0
      for layer in 0..<count {
        addLayer(
          layer, of: stack, slice: slice, starts: slice.models.map { _ in 0 }, offset: 0, depthCount: count,
          role: stack == mainStack ? .layer(layer) : .other)
      }
    }
    addLoose(of: slice) { _ in true }
  }

  private func stacks(of models: [Int]) -> [String] {
    Set(models.flatMap { layouts[$0].layerCounts.keys }).sorted()
  }

  // MARK: Slices

  /// Whether all ranges lie within their models.
  mutating func checkRanges(of slices: [Slice]) -> Bool {
    var isSound = true
    for slice in slices {
      for (source, model) in zip(slice.effective.sources, slice.models) {
        guard let layers = source.layers else { continue }
        let count = mainStack.flatMap { layouts[model].layerCounts[$0] } ?? 0
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
  mutating func addSlices(_ slices: [Slice]) {
    guard let mainStack, let first = slices.first, let last = slices.last else { return }
    faults.checkTemplates(of: slices, layouts: layouts, stack: mainStack)
    var output = 0
    for slice in slices {
      let starts = slice.effective.sources.map { $0.layers?.range.lowerBound ?? 0 }
      let count = slice.effective.sources.first?.layers?.range.count ?? 0
      for layer in 0..<count {
        addLayer(
          layer, of: mainStack, slice: slice, starts: starts, offset: output, depthCount: count,
          role: .layer(output + layer))
      }
      output += count
    }
    layerTotal = output
    for stack in stacks(of: first.models) where stack != mainStack {
      let count = first.models.compactMap { layouts[$0].layerCounts[stack] }.max() ?? 0
      for layer in 0..<count {
        addLayer(
          layer, of: stack, slice: first, starts: first.models.map { _ in 0 }, offset: 0, depthCount: count,
          role: .other)
      }
    }
    // What comes before the layers is taken from the first slice, what comes after them from the last.
    addLoose(of: first) { $0 == .embedding || $0 == .other }
    addLoose(of: last) { $0 == .finalNorm || $0 == .head }
    if !spec.isFaulty { reportLeftOut(slices) }
  }

  /// Says which tensors outside of the layers no slice asks for.
  private mutating func reportLeftOut(_ slices: [Slice]) {
    let written = Set(steps.map(\.output.name))
    var seen: Set<Int> = []
    for slice in slices {
      for (source, model) in zip(slice.effective.sources, slice.models) where seen.insert(model).inserted {
        let secondary = layouts[model].layerCounts.keys.filter { $0 != mainStack }.sorted()
        let left = (layouts[model].loose + secondary.flatMap { layouts[model].tensors(of: $0) })
          .map(\.name).filter { !written.contains($0) && !faults.isReported($0) }.sorted(by: NaturalOrder.precedes)
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
