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
    if !missing.isEmpty {
      let models = Set(holders.map { slice.models[$0] })
      guard request.isLoose, request.role == .other, models.count == 1 else {
        return faults.missing(request, holder: first, missing: missing, slice: slice)
      }
      let name = slice.effective.sources[first].model.text
      return copy(
        first, of: request, slice: slice, dtype: outputDType([model], base: nil), reason: "only \(name) has it")
    }
    merge(request, slice: slice)
  }

  /// Lets the embedding stand in for the head of a model that shares the two.
  private func standIn(for request: inout StepRequest, slice: Slice) {
    for (index, model) in slice.models.enumerated() where request.asked[index].tensor == nil {
      guard headers[model].tiesEmbeddings != false else { continue }
      request.asked[index].tensor = layouts[model].loose.first { roles.role(of: $0) == .embedding }
    }
  }

  private mutating func merge(_ request: StepRequest, slice: Slice) {
    let tensors = request.asked.compactMap(\.tensor)
    let standard = slice.effective.base ?? 0
    guard tensors.indices.contains(standard) else { return }
    let odd = tensors.indices.filter {
      tensors[$0].shape != tensors[standard].shape || !tensors[$0].dtype.isFloatingPoint
    }
    // What the count or the base of the models lacks has been reported with the spec.
    guard spec.method.inputs.contains(tensors.count), spec.method.base != .required || slice.effective.base != nil
    else { return }
    guard odd.isEmpty else { return faults.mismatch(request, standard: standard, odd: odd, slice: slice) }
    guard let parameters = resolve(request, slice: slice) else { return }
    let dtype = outputDType(tensors, base: slice.effective.base.map { tensors[$0] })
    // A method of one input that changes nothing is a copy.
    if spec.method.inputs.upperBound == 1, parameters.global.isEmpty,
      parameters.perInput.allSatisfy({ $0.values.allSatisfy { $0 == 1 } })
    {
      return copy(standard, of: request, slice: slice, dtype: dtype, reason: nil)
    }
    for (source, model) in zip(slice.effective.sources, slice.models) where headers[model].isQuantised {
      faults.quantised(source)
    }
    let output = TensorDescription(name: request.name, dtype: dtype, shape: tensors[standard].shape)
    let key = MethodKey(parameters: parameters, base: slice.effective.base)
    let method: any MergeMethod
    if let known = made[key] {
      method = known
    } else {
      do throws(MergeMethodError) {
        method = try spec.method.make(parameters)
        // Some requests, such as weights that sum to zero, show when the method begins.
        _ = try method.begin(
          MergeTask(
            tensor: output.name, shape: output.shape, inputCount: tensors.count, base: slice.effective.base))
      } catch {
        return faults.refused(error, tensor: request.name)
      }
      made[key] = method
    }
    steps.append(
      PlanStep(
        output: output, role: request.role,
        inputs: zip(slice.models, tensors).map { PlannedInput(model: $0, tensor: $1) }, base: slice.effective.base,
        operation: .merge(method: spec.method.name, parameters: parameters, method),
        seed: spec.method.drawsAtRandom ? spec.seed : nil))
  }

  private mutating func copy(
    _ source: Int, of request: StepRequest, slice: Slice, dtype: DType, reason: String?
  ) {
    guard let tensor = request.asked[source].tensor else { return }
    steps.append(
      PlanStep(
        output: TensorDescription(name: request.name, dtype: dtype, shape: tensor.shape), role: request.role,
        inputs: [PlannedInput(model: slice.models[source], tensor: tensor)],
        base: source == slice.effective.base ? 0 : nil, operation: .copy(reason: reason)))
  }

  /// The dtype of a merged tensor: what the spec says, or the base's, or the smallest that holds all inputs.
  private func outputDType(_ tensors: [TensorDescription], base: TensorDescription?) -> DType {
    spec.outputDType ?? spec.dtype ?? base?.dtype
      ?? tensors.dropFirst().reduce(tensors.first?.dtype ?? .float32) {
        if $0 == $1.dtype { return $0 }
        // Of equally large ones neither holds the other.
        if $0.byteCount == $1.dtype.byteCount { return .float32 }
        return $0.byteCount > $1.dtype.byteCount ? $0 : $1.dtype
      }
  }

  /// The parameters for one tensor, or nil if a required one has no value.
  private mutating func resolve(_ request: StepRequest, slice: Slice) -> ResolvedParameters? {
    var resolved = ResolvedParameters(perInput: request.asked.map { _ in [:] })
    var isComplete = true
    for parameter in spec.method.parameters {
      switch parameter.scope {
      case .global:
        let levels = slice.effective.levels(of: parameter, source: 0, spec: spec)
        let value = Self.value(of: parameter, at: levels, name: request.name, depth: request.depth)
        resolved.global[parameter.name] = value
        guard value == nil, parameter.isRequired else { continue }
        faults.unset(parameter, levels: levels, tensor: request.name, source: nil)
        isComplete = false
      case .perModel:
        for (index, source) in slice.effective.sources.enumerated() where index != slice.effective.base {
          let levels = slice.effective.levels(of: parameter, source: index, spec: spec)
          let name = request.asked[index].name
          let value = Self.value(of: parameter, at: levels, name: name, depth: request.depth)
          resolved.perInput[index][parameter.name] = value
          guard value == nil, parameter.isRequired else { continue }
          faults.unset(parameter, levels: levels, tensor: name, source: source)
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
