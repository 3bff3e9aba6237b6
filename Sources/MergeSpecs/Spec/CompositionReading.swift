internal import Documents
internal import MergeMethods

extension SpecReader {
  /// Reads what is merged: models, slices or modules.
  mutating func readComposition(_ fields: Fields, in root: SyntaxNode) -> MergeSpec.Composition? {
    let forms = ["models", "slices", "modules"].compactMap { key in fields[key].flatMap { $0.value.isNull ? nil : $0 } }
    guard let form = only(one: forms, of: "a spec") else {
      // The keys of other kinds of spec have been reported already.
      if !["experts", "genome"].contains(where: { fields[$0] != nil }) {
        error(at: root.position, "the spec names no models", hint: "add models:, or slices: with layer ranges")
      }
      return nil
    }
    return form.key == "modules" ? readModules(form) : readModels(form)
  }

  /// The first of several forms of which there can be one; the others are reported.
  private mutating func only(one forms: [SyntaxEntry], of whole: String) -> SyntaxEntry? {
    guard let first = forms.first else { return nil }
    for other in forms.dropFirst() {
      error(
        at: other.keyPosition,
        "\(whole) has either \(first.key) or \(other.key); \(first.key) stands in line \(first.keyPosition.line)",
        hint: "remove one of them")
    }
    return first
  }

  /// Reads `models:` or `slices:`.
  private mutating func readModels(_ form: SyntaxEntry) -> MergeSpec.Composition? {
    guard let elements = list(form, of: form.key) else { return nil }
    if form.key == "slices" {
      let read = elements.compactMap { readSlice($0) }
      return read.isEmpty ? nil : .slices(read, position: form.keyPosition)
    }
    let read = elements.compactMap { readSource($0, as: .model) }
    return read.isEmpty ? nil : .models(read, position: form.keyPosition)
  }

  private mutating func readModules(_ form: SyntaxEntry) -> MergeSpec.Composition? {
    guard let entries = form.value.mapping else {
      error(
        at: form.value.usePosition, "`modules` is a mapping of parts to what is merged, not \(form.value.kind)",
        hint: "write the part's name, and below it models: or slices:")
      return nil
    }
    guard !entries.isEmpty else {
      error(at: form.value.usePosition, "`modules` is empty")
      return nil
    }
    let read = entries.compactMap { readModule($0) }
    return read.isEmpty ? nil : .modules(read, position: form.keyPosition)
  }

  private mutating func readModule(_ entry: SyntaxEntry) -> ModuleSpec? {
    guard let entries = entry.value.mapping else {
      error(
        at: entry.value.usePosition,
        "the part \(entry.key) is a mapping with models or slices, not \(entry.value.kind)",
        hint: "a part that is not named is copied from the base model, or from the first")
      return nil
    }
    checkKeys(entries, of: .module)
    let fields = Fields(entries)
    let named = fields["merge_method"].flatMap { $0.value.isNull ? nil : $0 }
    let method = named.flatMap { readMethod($0) }
    let parameters = readParameters(fields["parameters"]) + misplacedParameters(entries, at: .module)
    let forms = ["models", "slices"].compactMap { key in fields[key].flatMap { $0.value.isNull ? nil : $0 } }
    guard let form = only(one: forms, of: "a part") else {
      error(
        at: entry.keyPosition, "the part \(entry.key) names no models",
        hint: "add models:, or slices: with layer ranges")
      return nil
    }
    return readModels(form).map {
      ModuleSpec(
        name: entry.key, composition: $0, method: method, methodPosition: named?.value.usePosition,
        parameters: parameters, position: entry.keyPosition)
    }
  }
}

extension MergeSpec.Composition {
  /// What is merged by one method: models as a whole, or a slice.
  struct Unit {
    /// The method, as the slice, its module or the spec has it; nil if none does, or if it could not be read.
    var method: MethodDescription?
    /// Where the slice or its module names it.
    var methodPosition: SourcePosition?
    /// What it is called in diagnostics.
    var name: String
    /// Where to report that it has no method.
    var position: SourcePosition
  }

  /// Everything that is merged by one method, where the spec as a whole has this one.
  func units(of method: MethodDescription?) -> [Unit] {
    switch self {
    case .models(_, let position): [Unit(method: method, name: "the spec", position: position)]
    case .slices(let slices, _):
      slices.map {
        Unit(
          method: $0.method ?? method, methodPosition: $0.methodPosition, name: "this slice", position: $0.position)
      }
    case .modules(let modules, _):
      modules.flatMap { module in
        module.composition.units(of: module.method ?? method).map { unit in
          var unit = unit
          unit.methodPosition = unit.methodPosition ?? module.methodPosition
          if case .models = module.composition {
            (unit.name, unit.position) = ("the part \(module.name)", module.position)
          }
          return unit
        }
      }
    }
  }

  /// Every mention of a model.
  var references: [ModelReference] {
    switch self {
    case .models(let models, _): models.map(\.model)
    case .slices(let slices, _): slices.flatMap { $0.sources.map(\.model) + [$0.baseModel].compactMap(\.self) }
    case .modules(let modules, _): modules.flatMap(\.composition.references)
    }
  }
}
