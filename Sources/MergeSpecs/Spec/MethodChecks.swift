internal import Documents
internal import MergeMethods

extension SpecReader {
  /// Checks a spec against its method: parameters, ranges, the base model, the count of models.
  mutating func check(_ spec: MergeSpec) {
    let slices = spec.effectiveSlices
    check(spec.parameters, of: spec.methods, modelLevel: false)
    if case .modules(let modules, _) = spec.composition {
      for (index, module) in modules.enumerated() {
        let own = slices.filter { $0.module == index }.map(\.method)
        check(module.parameters, of: own.isEmpty ? [spec.method] : own, modelLevel: false)
      }
    }
    for slice in slices {
      check(slice.parameters, of: [slice.method], modelLevel: false)
      for (index, source) in slice.sources.enumerated() {
        check(source.parameters, of: [slice.method], modelLevel: true)
        if index == slice.base, let entry = source.parameters.first(where: { isPerModel($0.name, in: slice.method) }) {
          warning(
            at: entry.position, "\(slice.method.name) ignores the \(entry.name) of its base model",
            hint: "the base counts as it is")
        }
      }
    }
    checkBase(of: spec, slices: slices)
    checkRequired(of: spec, slices: slices)
  }

  private func isPerModel(_ name: String, in method: MethodDescription) -> Bool {
    method.parameters.contains { $0.name == name && $0.scope == .perModel }
  }

  // MARK: Names and ranges

  /// Checks entries that hold for slices of these methods: one of them must know each.
  private mutating func check(_ entries: [ParameterEntry], of methods: [MethodDescription], modelLevel: Bool) {
    for entry in entries {
      let knowing = methods.first { $0.parameters.contains { $0.name == entry.name } }
      guard let method = knowing, let parameter = method.parameters.first(where: { $0.name == entry.name }) else {
        checkForeign(entry, in: methods)
        continue
      }
      if modelLevel, parameter.scope == .global {
        meaningless(
          at: entry.position, "\(entry.name) of \(method.name) holds for all models and does nothing below one of them",
          hint: "it belongs under the `parameters:` of the spec or of a slice")
        continue
      }
      for alternative in entry.cases {
        let values = alternative.gradient.values
        if let wrong = values.first(where: { !parameter.allows($0) }) {
          error(
            at: alternative.valuePosition, "\(entry.name) must be \(parameter.allowed), not \(NumberText.short(wrong))")
        } else if parameter.kind == .flag, Set(values).count > 1 {
          error(at: alternative.valuePosition, "\(entry.name) is either true or false and cannot change with depth")
        } else if parameter.choices != nil, Set(values).count > 1 {
          error(at: alternative.valuePosition, "\(entry.name) is \(parameter.allowed) and cannot change with depth")
        }
      }
    }
  }

  private mutating func checkForeign(_ entry: ParameterEntry, in methods: [MethodDescription]) {
    let own = methods.flatMap(\.parameters).map(\.name).reduce(into: [String]()) { all, name in
      if !all.contains(name) { all.append(name) }
    }
    let names = methods.map(\.name).joined(separator: " and ")
    let plural = methods.count > 1
    if parameterNames.contains(entry.name) {
      // Without a value it was reported where it was read.
      if entry.cases.isEmpty { return }
      warning(
        at: entry.position, "\(names) \(plural ? "have" : "has") no parameter \(entry.name); it is ignored",
        hint: own.isEmpty
          ? "\(names) \(plural ? "have" : "has") no parameters" : "parameters: " + own.joined(separator: ", "))
      return
    }
    if Double(entry.name) != nil {
      return meaningless(
        at: entry.position, "there is no parameter \"\(entry.name)\"",
        hint: "a comma ends the value before it; numbers have a point, as in 0.5")
    }
    let nearest = NearestName.of(entry.name, in: own) ?? NearestName.of(entry.name, in: parameterNames.sorted())
    let list = own.isEmpty ? "\(names) \(plural ? "have" : "has") none" : "parameters: " + own.joined(separator: ", ")
    meaningless(
      at: entry.position, "there is no parameter \"\(entry.name)\"",
      hint: nearest.map { "did you mean \($0)? " + list } ?? list)
  }

  // MARK: Models

  private mutating func checkBase(of spec: MergeSpec, slices: [EffectiveSlice]) {
    var reported: Set<String> = []
    for slice in slices where slice.method.base == .required && slice.base == nil {
      let method = slice.method
      guard let base = slice.baseModel else {
        if reported.insert(method.name).inserted {
          error(at: slice.methodPosition, "\(method.name) needs a base model", hint: "add `base_model:` to the spec")
        }
        continue
      }
      let range = slice.sources.first?.layers?.range ?? 0..<1
      error(
        at: slice.position, "\(method.name) needs its base model \(base.text) among the sources of this slice",
        hint: "add `- {model: \(base.text), layer_range: [\(range.lowerBound), \(range.upperBound)]}`")
    }
    for slice in slices
    where !slice.method.inputs.contains(slice.sources.count) && !(slice.method.base == .required && slice.base == nil) {
      let method = slice.method
      let added = slice.sources.last.flatMap { $0.isAddedBase ? $0 : nil }
      var message = "\(method.name) merges \(Self.words(method.inputs)), here are \(slice.sources.count)"
      if let added { message += ", counting \(added.model.text), which base_model adds as the last" }
      var hint: String?
      if added != nil, method.base == .unused, method.inputs.contains(slice.sources.count - 1) {
        hint = "\(method.name) has no use for a base: remove base_model"
      } else if method.base == .required {
        hint = "the base is one of them"
      }
      if method.inputs.upperBound == 2, slice.sources.count > 2 {
        hint = (hint.map { $0 + "; " } ?? "") + "for more models there are linear, karcher and multislerp"
      }
      error(at: slice.position, message, hint: hint)
    }
  }

  private static func words(_ inputs: ClosedRange<Int>) -> String {
    if inputs.lowerBound == inputs.upperBound {
      return inputs.lowerBound == 1 ? "1 model" : "\(inputs.lowerBound) models"
    }
    if inputs.upperBound == .max { return "at least \(inputs.lowerBound) models" }
    if inputs.lowerBound <= 1 { return "at most \(inputs.upperBound) models" }
    return "\(inputs.lowerBound) to \(inputs.upperBound) models"
  }

  // MARK: Required parameters

  /// Reports required parameters that no level mentions; values that filters leave open are for the planner.
  private mutating func checkRequired(of spec: MergeSpec, slices: [EffectiveSlice]) {
    var reported: Set<[String]> = []
    for slice in slices {
      for parameter in slice.method.parameters where parameter.isRequired {
        let sources = parameter.scope == .global ? 0..<min(1, slice.sources.count) : slice.sources.indices
        for source in sources where !(parameter.scope == .perModel && slice.isExempt(source)) {
          let levels = slice.levels(of: parameter, source: source, spec: spec)
          if levels.contains(where: { $0.contains { mentions($0, parameter, of: slice.method) } }) { continue }
          if parameter.scope == .global, !reported.insert([slice.method.name, parameter.name]).inserted { continue }
          report(missing: parameter, source: slice.sources[source], slice: slice)
        }
      }
    }
  }

  /// Whether an entry sets a parameter, or tries to: a misspelt name has been reported as such.
  private func mentions(
    _ entry: ParameterEntry, _ parameter: ParameterDescription, of method: MethodDescription
  ) -> Bool {
    if entry.name == parameter.name { return true }
    guard !lenient, !parameterNames.contains(entry.name) else { return false }
    return NearestName.of(entry.name, in: method.parameters.map(\.name)) == parameter.name
  }

  private mutating func report(missing parameter: ParameterDescription, source: SourceSpec, slice: EffectiveSlice) {
    let method = slice.method.name
    if parameter.scope == .global {
      error(
        at: slice.methodPosition, "\(method) needs \(parameter.name)",
        hint: "add it under `parameters:`: \(parameter.allowed)")
    } else if source.isAddedBase {
      error(
        at: source.position,
        "\(method) needs a \(parameter.name) for \(source.model.text), which base_model adds as the last model",
        hint:
          "remove base_model, list the model under `models:`, or set \(parameter.name) under the spec's `parameters:`")
    } else {
      error(
        at: source.position, "\(method) needs a \(parameter.name) for \(source.model.text)",
        hint: "add `parameters: {\(parameter.name): …}` to it, or set \(parameter.name) under the spec's `parameters:`")
    }
  }
}
