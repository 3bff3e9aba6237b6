internal import MergeMethods
internal import Tensors

/// A tensor that the output may have, with what each source has for it.
struct StepRequest {
  /// The output tensor's name.
  var name: String
  var role: TensorRole
  /// Whether the tensor may be there in one model alone.
  var isLoose: Bool
  /// Where in its slice the tensor lies; gradients are evaluated there.
  var depth: Double
  /// Parallel to the sources of the slice.
  var asked: [Asked]

  /// What one source has.
  struct Asked {
    /// The name under which the source would have it; filters of per-model parameters see this name.
    var name: String
    var tensor: TensorDescription?
  }
}

extension PlanBuilder {
  /// Decides what happens to a tensor, by the rules that ``Planner`` states.
  mutating func add(_ request: StepRequest, to slice: Slice) {
    faults.note(request, slice: slice.number)
    var request = request
    let order = slice.effective.base.map { base in [base] + request.asked.indices.filter { $0 != base } }
    let holders = (order ?? Array(request.asked.indices)).filter { request.asked[$0].tensor != nil }
    guard let first = holders.first, let model = request.asked[first].tensor else { return }
    if Buffers.contains(model) {
      return copy(first, of: request, slice: slice, dtype: model.dtype, reason: "a table that programs compute anew")
    }
    if !model.dtype.isFloatingPoint {
      return copy(first, of: request, slice: slice, dtype: model.dtype, reason: "\(model.dtype.rawValue) is not merged")
    }
    if request.role == .head { standIn(for: &request, slice: slice) }
    let missing = request.asked.indices.filter { request.asked[$0].tensor == nil }
    if missing.isEmpty { return merge(request, slice: slice) }
    if request.isLoose, request.role == .other, Set(holders.map { slice.models[$0] }).count == 1 {
      let name = slice.effective.sources[first].model.text
      return copy(
        first, of: request, slice: slice, dtype: outputDType(of: request.name, [model], base: nil),
        reason: "only \(name) has it")
    }
    settle(missing: missing, of: request, holder: first, slice: slice)
  }

  /// Lets the embedding stand in for the head of a model that shares the two.
  private func standIn(for request: inout StepRequest, slice: Slice) {
    for (index, model) in slice.models.enumerated() where request.asked[index].tensor == nil {
      guard headers[model].tiesEmbeddings != false else { continue }
      request.asked[index].tensor = layouts[model].loose.first { role(of: $0) == .embedding }
    }
  }

  /// Merges a tensor that all sources have.
  private mutating func merge(_ request: StepRequest, slice: Slice) {
    let standard = slice.effective.base ?? 0
    guard request.asked.indices.contains(standard), let expected = request.asked[standard].tensor else { return }
    let odd = request.asked.indices.filter {
      request.asked[$0].tensor?.shape != expected.shape
        || !(request.asked[$0].tensor?.dtype.isFloatingPoint ?? false)
    }
    // What the count or the base of the models lacks has been reported with the spec.
    let method = slice.effective.method
    guard method.inputs.contains(request.asked.count), method.base != .required || slice.effective.base != nil
    else { return }
    if odd.isEmpty { return merge(Selection(kept: Array(request.asked.indices)), of: request, slice: slice) }
    settle(odd: odd, of: request, standard: standard, slice: slice)
  }

  /// Which sources a step reads, and how much of each.
  struct Selection {
    /// The sources, as indices.
    var kept: [Int]
    /// The extents that all are cut to, if they are.
    var block: Shape?
    /// Why this is not all there is.
    var remark: String?
  }

  /// Merges what the selected sources have.
  mutating func merge(_ selection: Selection, of request: StepRequest, slice: Slice) {
    let kept = selection.kept
    let tensors = kept.compactMap { request.asked[$0].tensor }
    let effective = slice.effective
    let base = effective.base.flatMap { kept.firstIndex(of: $0) }
    guard tensors.count == kept.count, let standard = tensors.indices.contains(base ?? 0) ? tensors[base ?? 0] : nil,
      let parameters = resolve(request, kept: kept, slice: slice)
    else { return }
    let dtype = outputDType(of: request.name, tensors, base: base.map { tensors[$0] })
    // A method of one input that changes nothing is a copy.
    if effective.method.inputs.upperBound == 1, parameters.global.isEmpty,
      parameters.perInput.allSatisfy({ $0.values.allSatisfy { $0 == 1 } })
    {
      return copy(kept[base ?? 0], of: request, slice: slice, dtype: dtype, reason: nil)
    }
    for index in kept where headers[slice.models[index]].isQuantised { faults.quantised(effective.sources[index]) }
    let output = TensorDescription(name: request.name, dtype: dtype, shape: selection.block ?? standard.shape)
    let key = MethodKey(method: effective.method.name, inputs: kept.count, parameters: parameters, base: base)
    let method: any MergeMethod
    if let known = made[key] {
      method = known
    } else {
      do throws(MergeMethodError) {
        method = try effective.method.make(parameters)
        // Some requests, such as weights that sum to zero, show when the method begins.
        _ = try method.begin(
          MergeTask(tensor: output.name, shape: output.shape, inputCount: tensors.count, base: base))
      } catch {
        return faults.refused(error, tensor: request.name, slice: effective)
      }
      made[key] = method
    }
    var step = PlanStep(
      output: output, role: request.role,
      inputs: zip(kept, tensors).map { index, tensor in
        let block = selection.block.map { $0.clamped(to: tensor.shape) }
        return PlannedInput(
          model: slice.models[index], tensor: tensor, block: block == tensor.shape ? nil : block,
          fill: block == selection.block
            ? nil : PlannedInput.Fill(model: slice.models[kept[base ?? 0]], tensor: standard))
      }, base: base, operation: .merge(method: effective.method.name, parameters: parameters, method),
      seed: effective.method.drawsAtRandom ? spec.seed : nil)
    step.remark = selection.remark
    steps.append(step)
  }

  mutating func copy(_ source: Int, of request: StepRequest, slice: Slice, dtype: DType, reason: String?) {
    guard let tensor = request.asked[source].tensor else { return }
    steps.append(
      PlanStep(
        output: TensorDescription(name: request.name, dtype: dtype, shape: tensor.shape), role: request.role,
        inputs: [PlannedInput(model: slice.models[source], tensor: tensor)],
        base: source == slice.effective.base ? 0 : nil, operation: .copy(reason: reason)))
  }

  /// The dtype of a merged tensor: what the spec says, or the base's, or the smallest that holds all inputs.
  func outputDType(of name: String, _ tensors: [TensorDescription], base: TensorDescription?) -> DType {
    stated(name) ?? base?.dtype
      ?? tensors.dropFirst().reduce(tensors.first?.dtype ?? .float32) {
        if $0 == $1.dtype { return $0 }
        // Of equally large ones neither holds the other.
        if $0.byteCount == $1.dtype.byteCount { return .float32 }
        return $0.byteCount > $1.dtype.byteCount ? $0 : $1.dtype
      }
  }

  /// The dtype that the spec states for an output tensor.
  private func stated(_ name: String) -> DType? {
    spec.outputDType?.value(for: name) ?? spec.dtype?.value(for: name)
  }

  /// The dtype of a tensor that is copied from the donor.
  func copyDType(of tensor: TensorDescription) -> DType {
    tensor.dtype.isFloatingPoint && !Buffers.contains(tensor) ? stated(tensor.name) ?? tensor.dtype : tensor.dtype
  }

  /// The parameters for one tensor, or nil if a required one has no value.
  private mutating func resolve(_ request: StepRequest, kept: [Int], slice: Slice) -> ResolvedParameters? {
    let effective = slice.effective
    var resolved = ResolvedParameters(perInput: kept.map { _ in [:] })
    var isComplete = true
    for parameter in effective.method.parameters {
      switch parameter.scope {
      case .global:
        let levels = effective.levels(of: parameter, source: 0, spec: spec)
        let value = Self.value(of: parameter, at: levels, name: request.name, depth: request.depth)
        resolved.global[parameter.name] = value
        guard value == nil, parameter.isRequired else { continue }
        faults.unset(parameter, levels: levels, tensor: request.name, source: nil, slice: effective)
        isComplete = false
      case .perModel:
        for (place, index) in kept.enumerated() where index != effective.base {
          let levels = effective.levels(of: parameter, source: index, spec: spec)
          let name = request.asked[index].name
          let value = Self.value(of: parameter, at: levels, name: name, depth: request.depth)
          resolved.perInput[place][parameter.name] = value
          guard value == nil, parameter.isRequired else { continue }
          faults.unset(parameter, levels: levels, tensor: name, source: effective.sources[index], slice: effective)
          isComplete = false
        }
      }
    }
    return isComplete ? resolved : nil
  }

  private static func value(
    of parameter: ParameterDescription, at levels: [[ParameterEntry]], name: String, depth: Double
  ) -> Double? {
    for level in levels {
      for entry in level where entry.name == parameter.name {
        if let value = entry.value(for: name, atDepth: depth) { return value }
      }
    }
    return nil
  }
}
