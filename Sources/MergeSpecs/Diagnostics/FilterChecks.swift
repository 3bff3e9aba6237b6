internal import Documents
internal import MergeMethods

extension PlanFaults {
  /// Says which filters of a slice match nothing.
  mutating func checkFilters(of slice: EffectiveSlice, number: Int) {
    guard let known = names[number] else { return }
    check(slice.parameters, of: [slice.method]) {
      $0 == .global ? known.output : known.inputs.reduce(into: []) { $0.formUnion($1) }
    }
    for (source, inputs) in zip(slice.sources, known.inputs) {
      check(source.parameters, of: [slice.method]) { _ in inputs }
    }
  }

  /// Says which filters of a module, of the spec and of its dtypes match nothing.
  mutating func checkGlobalFilters(slices: [PlanBuilder.Slice], outputs: [String]) {
    func tested(_ slices: [PlanBuilder.Slice], _ names: [Int: NamesOfSlice]) -> (ParameterDescription.Scope) -> Set<
      String
    > {
      { scope in
        slices.compactMap { names[$0.number] }.reduce(into: Set<String>()) { all, slice in
          if scope == .global {
            all.formUnion(slice.output)
          } else {
            for input in slice.inputs { all.formUnion(input) }
          }
        }
      }
    }
    if case .modules(let modules, _) = spec.composition {
      for (index, module) in modules.enumerated() {
        let own = slices.filter { $0.effective.module == index }
        guard !own.isEmpty else { continue }
        check(module.parameters, of: own.map(\.effective.method), on: tested(own, names))
      }
    }
    check(spec.parameters, of: spec.methods, on: tested(slices, names))
    for (name, setting) in [("dtype", spec.dtype), ("out_dtype", spec.outputDType)] {
      for alternative in setting?.cases ?? [] {
        guard let filter = alternative.filter else { continue }
        check(filter, of: name, at: alternative.position, on: Set(outputs))
      }
    }
  }

  private mutating func check(
    _ entries: [ParameterEntry], of methods: [MethodDescription],
    on names: (ParameterDescription.Scope) -> Set<String>
  ) {
    for entry in entries where entry.cases.contains(where: { $0.filter != nil }) {
      let parameters = methods.flatMap(\.parameters)
      guard let parameter = parameters.first(where: { $0.name == entry.name }) else { continue }
      let tested = names(parameter.scope)
      for alternative in entry.cases {
        guard let filter = alternative.filter else { continue }
        check(filter, of: entry.name, at: alternative.filterPosition, on: tested)
      }
    }
  }

  private mutating func check(
    _ filter: TensorFilter, of name: String, at position: SourcePosition, on tested: Set<String>
  ) {
    let isIdle = !tested.contains { filter.matches($0) }
    if filter.isExhausted {
      return error(
        at: position, "the pattern \(filter.text) of \(name) takes too long to look for in a tensor's name",
        hint: "repetitions within repetitions, such as (a+)+, are slow")
    }
    guard isIdle else { return }
    let parts = Set(tested.flatMap { $0.split(separator: ".").map(String.init) }.filter { Int($0) == nil })
    let nearest = filter.isPattern ? nil : NearestName.of(filter.text, in: parts.sorted())
    warning(
      at: position, "the filter \"\(filter.text)\" of \(name) matches no tensor",
      hint: nearest.map { "did you mean \($0)?" }
        ?? (filter.text.contains("*") && !filter.isPattern
          ? "a filter is a part of the name, letter by letter; only \"*\" alone stands for every name, and a regular "
            + "expression stands between slashes" : nil))
  }
}
