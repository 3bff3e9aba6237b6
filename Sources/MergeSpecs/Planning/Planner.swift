public import Documents
internal import MergeMethods
internal import Tensors

/// Turns a spec and the headers of its models into a plan; nothing is read, nothing remembered.
///
/// What happens to a tensor:
/// - all models have it, with one shape, in floating point: it is merged;
/// - its elements are integers or truth values, or it is a table or mask that programs compute anew: it is copied
///   from the base, or else from the first model that has it;
/// - it is a head, and a model that shares its head with the embedding has none: that model's embedding stands in;
/// - it belongs to no layer, and only one model has it: it is copied from there;
/// - otherwise a model that lacks it is an error, as are different shapes.
public enum Planner {
  /// Plans a merge.
  ///
  /// - Parameter models: the headers of all models, by the text of their references. A model that could not be opened
  ///   is left out; the plan is nil then, and why it could not be opened is for the caller to report.
  /// - Returns: the plan, or nil if the spec or its models have errors; what is wrong, in the order of the text.
  public static func plan(_ spec: MergeSpec, models: [String: ModelHeader]) -> (
    plan: MergePlan?, diagnostics: [Diagnostic]
  ) {
    let headers = spec.references.compactMap { models[$0.text] }
    guard headers.count == spec.references.count else { return (nil, []) }
    var builder = PlanBuilder(spec: spec, headers: headers)
    builder.build()
    let diagnostics = Diagnostic.sorted(builder.faults.diagnostics)
    guard !spec.isFaulty, !diagnostics.contains(where: { $0.severity == .error }) else { return (nil, diagnostics) }
    return (builder.plan, diagnostics)
  }
}

/// Puts a plan together step by step.
struct PlanBuilder {
  let spec: MergeSpec
  let headers: [ModelHeader]
  let layouts: [ModelLayout]
  let donor: Int
  let mainStack: String?
  let roles: RoleInference
  var steps: [PlanStep] = []
  var faults: PlanFaults
  /// The methods made so far; most tensors of a model share their parameters.
  var made: [MethodKey: any MergeMethod] = [:]
  private var layerTotal: Int?

  struct MethodKey: Hashable {
    var parameters: ResolvedParameters
    var base: Int?
  }

  init(spec: MergeSpec, headers: [ModelHeader]) {
    self.spec = spec
    self.headers = headers
    layouts = headers.map(ModelLayout.init)
    let order = spec.references.map(\.text)
    donor = spec.baseModel.flatMap { order.firstIndex(of: $0.text) } ?? Self.firstModel(of: spec, in: order)
    // The donor's configuration decides where two stacks compete.
    mainStack = ModelLayout.mainStack(of: layouts, donor: donor)
    roles = RoleInference(layouts: layouts, mainStack: mainStack)
    faults = PlanFaults(spec: spec)
  }

  private static func firstModel(of spec: MergeSpec, in order: [String]) -> Int {
    let first = spec.effectiveSlices.first?.sources.first?.model.text
    return first.flatMap { order.firstIndex(of: $0) } ?? 0
  }

  /// A slice together with what is known of its models.
  struct Slice {
    var effective: EffectiveSlice
    /// The models of the sources, as indices into the plan's models.
    var models: [Int]
    var number: Int
  }

  mutating func build() {
    let order = Dictionary(
      zip(spec.references.map(\.text), spec.references.indices), uniquingKeysWith: { first, _ in first })
    let slices = spec.effectiveSlices.enumerated().map { number, slice in
      Slice(effective: slice, models: slice.sources.compactMap { order[$0.model.text] }, number: number)
    }
    reportQuantised(slices)
    let isWhole = if case .models = spec.composition { true } else { false }
    if isWhole {
      guard let slice = slices.first, checkLayerCounts(of: slice) else { return }
      addWhole(slice)
    } else {
      guard checkRanges(of: slices) else { return }
      addSlices(slices)
    }
    steps.sort(by: Self.precedes)
    for slice in slices { faults.checkFilters(of: slice.effective, number: slice.number) }
    faults.checkGlobalFilters()
  }

  /// The finished plan.
  var plan: MergePlan {
    let reference = headers[donor]
    var bytes: [DType: Int] = [:]
    for step in steps where step.output.dtype.isFloatingPoint {
      bytes[step.output.dtype, default: 0] += step.output.byteCount
    }
    let common = DType.allCases.filter { bytes[$0] != nil }.max { bytes[$0, default: 0] < bytes[$1, default: 0] }
    let donorLayers = mainStack.flatMap { layouts[donor].layerCounts[$0] }
    return MergePlan(
      models: zip(spec.references, headers).map { PlannedModel(reference: $0.text, location: $1.location) },
      steps: steps, donor: donor, layerCount: layerTotal == donorLayers ? nil : layerTotal,
      configurationDType: common == reference.configuredDType ? nil : common, methodName: spec.method.name,
      tiesEmbeddings: tiesEmbeddings)
  }

  /// Whether the output shares its head with the embedding, where the donor's configuration says otherwise.
  private var tiesEmbeddings: Bool? {
    let head = steps.first { $0.role == .head && $0.output.shape.dimensions.count == 2 }
    if let head {
      let isSeparate = head.inputs.contains { headers[$0.model].tiesEmbeddings != true }
      return headers[donor].tiesEmbeddings == true && isSeparate ? false : nil
    }
    let donorHasHead = layouts[donor].loose.contains { roles.role(of: $0) == .head && $0.shape.dimensions.count == 2 }
    return donorHasHead ? true : nil
  }

  // MARK: Whole models

  private mutating func checkLayerCounts(of slice: Slice) -> Bool {
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

  private mutating func addWhole(_ slice: Slice) {
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

  private mutating func checkRanges(of slices: [Slice]) -> Bool {
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

  private mutating func addSlices(_ slices: [Slice]) {
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

  // MARK: Steps

  private mutating func addLayer(
    _ layer: Int, of stack: String, slice: Slice, starts: [Int], offset: Int, depthCount: Int, role: TensorRole
  ) {
    let inputs = zip(slice.models, starts).map { model, start in layouts[model].layer(start + layer, of: stack) }
    let rests = Set(inputs.flatMap(\.keys)).sorted()
    for rest in rests {
      let asked = zip(inputs, starts).map { tensors, start in
        StepRequest.Asked(
          name: LayerName(stack: stack, layer: start + layer, rest: rest).text, tensor: tensors[rest])
      }
      add(
        StepRequest(
          name: LayerName(stack: stack, layer: offset + layer, rest: rest).text, role: role,
          isLoose: stack != mainStack, depth: Gradient.depth(ofLayer: layer, of: depthCount), asked: asked),
        to: slice)
    }
  }

  private mutating func addLoose(of slice: Slice, where isWanted: (TensorRole) -> Bool) {
    var seen: Set<String> = []
    for model in slice.models {
      for tensor in layouts[model].loose {
        let role = roles.role(of: tensor)
        guard isWanted(role), seen.insert(tensor.name).inserted else { continue }
        let asked = slice.models.map { StepRequest.Asked(name: tensor.name, tensor: headers[$0].index[tensor.name]) }
        add(StepRequest(name: tensor.name, role: role, isLoose: role == .other, depth: 0, asked: asked), to: slice)
      }
    }
  }

  // MARK: Order

  /// Embedding, whatever else lies outside of the layers, the layers, the final norm, the head; each by name, numbers
  /// in names counting as numbers.
  private static func precedes(_ a: PlanStep, _ b: PlanStep) -> Bool {
    func rank(_ role: TensorRole) -> (Int, Int) {
      switch role {
      case .embedding: (0, 0)
      case .other: (1, 0)
      case .layer(let layer): (2, layer)
      case .finalNorm: (3, 0)
      case .head: (4, 0)
      }
    }
    let (first, second) = (rank(a.role), rank(b.role))
    return first == second ? NaturalOrder.precedes(a.output.name, b.output.name) : first < second
  }
}
