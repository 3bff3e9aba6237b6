internal import Documents

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
    let parameters = readParameters(fields["parameters"]) + misplacedParameters(entries, at: .module)
    let forms = ["models", "slices"].compactMap { key in fields[key].flatMap { $0.value.isNull ? nil : $0 } }
    guard let form = only(one: forms, of: "a part") else {
      error(
        at: entry.keyPosition, "the part \(entry.key) names no models",
        hint: "add models:, or slices: with layer ranges")
      return nil
    }
    return readModels(form).map {
      ModuleSpec(name: entry.key, composition: $0, parameters: parameters, position: entry.keyPosition)
    }
  }
}

extension MergeSpec.Composition {
  /// All slices, those of modules among them.
  var slices: [SliceSpec] {
    switch self {
    case .models: []
    case .slices(let slices, _): slices
    case .modules(let modules, _): modules.flatMap(\.composition.slices)
    }
  }

  /// Whether some models are merged whole, so that no slice can name their method.
  var hasModels: Bool {
    switch self {
    case .models: true
    case .slices: false
    case .modules(let modules, _): modules.contains { $0.composition.hasModels }
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
