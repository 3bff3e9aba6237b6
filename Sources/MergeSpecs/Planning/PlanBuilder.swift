internal import Documents
internal import MergeMethods
internal import Tensors

/// Puts a plan together step by step.
struct PlanBuilder {
  let spec: MergeSpec
  let headers: [ModelHeader]
  let layouts: [ModelLayout]
  let donor: Int
  let mainStack: String?
  let modules: ModelModules
  private let inference: RoleInference
  var steps: [PlanStep] = []
  var faults: PlanFaults
  /// The methods made so far; most tensors of a model share their parameters.
  var made: [MethodKey: any MergeMethod] = [:]
  /// The layers of the stacks that slices put together.
  var layers: [PlannedLayers] = []

  struct MethodKey: Hashable {
    var method: String
    var inputs: Int
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
    inference = RoleInference(layouts: layouts, mainStack: mainStack)
    modules = ModelModules(layouts: layouts, mainStack: mainStack, roles: inference)
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
    reportSecondNames()
    switch spec.composition {
    case .models, .slices: add(slices, of: spec.composition, to: Part(module: nil, stack: mainStack, isMain: true))
    case .modules(let named, _): addModules(named, slices: slices)
    }
    steps.sort(by: Self.precedes)
    for slice in slices { faults.checkFilters(of: slice.effective, number: slice.number) }
    faults.checkGlobalFilters(slices: slices, outputs: steps.map(\.output.name))
  }

  /// Says when the base model goes by two names: under the second it is one more model, not the base.
  private mutating func reportSecondNames() {
    guard let base = spec.baseModel, !headers[donor].location.isEmpty else { return }
    for (reference, header) in zip(spec.references, headers)
    where reference.text != base.text && header.location == headers[donor].location {
      faults.warning(
        at: reference.position, "\(reference.text) is the base model \(base.text) under another name",
        hint: "write both alike, or it counts as a model of its own")
    }
  }

  /// The finished plan.
  var plan: MergePlan {
    let reference = headers[donor]
    var bytes: [DType: Int] = [:]
    for step in steps where step.output.dtype.isFloatingPoint {
      bytes[step.output.dtype, default: 0] += step.output.byteCount
    }
    let common = DType.allCases.filter { bytes[$0] != nil }.max { bytes[$0, default: 0] < bytes[$1, default: 0] }
    let changed = layers.filter { !$0.areThose(of: donor) }
    let main = changed.first { $0.isMain && $0.origins.count != $0.donorCount }
    var plan = MergePlan(
      models: zip(spec.references, headers).map {
        PlannedModel(reference: $0.text, location: $1.location, isStage: $1.isStage)
      },
      steps: steps, donor: donor, layerCount: main?.origins.count,
      configurationDType: common == reference.configuredDType ? nil : common,
      methodName: spec.methods.map(\.name).joined(separator: ", "), tiesEmbeddings: tiesEmbeddings)
    plan.layers = changed
    plan.vocabularySize = vocabularySize
    return plan
  }

  /// The rows of the output's embedding, where the donor's has another number of them.
  private var vocabularySize: Int? {
    guard let step = steps.first(where: { $0.role == .embedding }), let rows = step.output.shape.dimensions.first,
      let own = headers[donor].index[step.output.name]?.shape.dimensions.first
    else { return nil }
    return rows == own ? nil : rows
  }

  /// The role of a tensor that belongs to no layer of the main stack; a norm behind a tower is not the final one.
  func role(of tensor: TensorDescription) -> TensorRole {
    let role = inference.role(of: tensor)
    return role == .finalNorm && modules.module(of: tensor.name) != 0 ? .other : role
  }

  /// Whether the output shares its head with the embedding, where the donor's configuration says otherwise.
  private var tiesEmbeddings: Bool? {
    let head = steps.first { $0.role == .head && $0.output.shape.dimensions.count == 2 }
    if let head {
      let isSeparate = head.inputs.contains { headers[$0.model].tiesEmbeddings != true }
      return headers[donor].tiesEmbeddings == true && isSeparate ? false : nil
    }
    let donorHasHead = layouts[donor].loose.contains { role(of: $0) == .head && $0.shape.dimensions.count == 2 }
    return donorHasHead ? true : nil
  }

  // MARK: Steps

  /// Adds the tensors of one layer.
  ///
  /// - Parameters:
  ///   - layer: the layer, counted in its slice.
  ///   - starts: where the slice begins in each source.
  ///   - offset: where the slice begins in the output.
  ///   - depthCount: how many layers the slice has.
  mutating func addLayer(
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

  /// Adds the tensors that belong to no layer, those of the wanted roles.
  mutating func addLoose(of slice: Slice, in part: Part, where isWanted: (TensorRole) -> Bool) {
    var seen: Set<String> = []
    for model in slice.models {
      for tensor in layouts[model].loose where contains(tensor.name, in: part) {
        let role = role(of: tensor)
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
