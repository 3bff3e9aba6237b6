internal import Documents
internal import MergeMethods

/// Walks through the layout of a spec and replaces old and indirect forms; each change is noted.
struct SpecConverter {
  let file: String
  let origin: SpecConversion.Origin
  let methods: [MethodDescription]
  let parameterNames: Set<String>
  var notes: [Diagnostic] = []

  init(file: String, origin: SpecConversion.Origin, methods: [MethodDescription]) {
    self.file = file
    self.origin = origin
    self.methods = methods
    parameterNames = MergekitNames.parameters.union(methods.flatMap { $0.parameters.map(\.name) })
  }

  /// What is known around a mapping.
  struct Surroundings {
    /// The methods that its parameters may be meant for; empty if that is not known.
    var methods: [MethodDescription] = []
    /// How the spec, or the slice, writes its base model.
    var base: Set<String> = []
    /// Whether the spec may have a name.
    var isStage = false
  }

  mutating func convert(_ layout: inout SpecLayout) {
    let isStage = layout.documents.count { !$0.items.isEmpty } > 1
    for index in layout.documents.indices {
      let items = layout.documents[index].items
      let around = Surroundings(methods: named(in: items), base: base(in: items), isStage: isStage)
      let left = convert(&layout.documents[index].items, at: .spec, around)
      layout.documents[index].closing = left + layout.documents[index].closing
    }
  }

  // MARK: Mappings

  /// Rewrites the entries of a mapping; the comments that are left come back if there is nothing to put them at.
  mutating func convert(
    _ entries: inout [LayoutItem], at level: SpecLevel, _ around: Surroundings
  ) -> [String] {
    var left: [String] = []
    left += retireDoubles(&entries)
    left += gatherParameters(&entries, at: level)
    var index = 0
    while index < entries.count {
      if let reason = reasonToRetire(entries[index], at: level, around) {
        note(entries[index], reason.message, hint: reason.hint)
        left += retire(index, of: &entries)
        continue
      }
      if convertValue(of: &entries, index, at: level, around) {
        index += 1
      } else {
        left += retire(index, of: &entries)
      }
    }
    return left
  }

  /// Rewrites what stands under a key; false if nothing is left of it.
  private mutating func convertValue(
    of entries: inout [LayoutItem], _ index: Int, at level: SpecLevel, _ around: Surroundings
  ) -> Bool {
    switch (level, entries[index].name) {
    case (_, "models"): convertList(&entries[index], as: .model, around)
    case (_, "slices"): convertList(&entries[index], as: .slice, around)
    case (_, "sources"): convertList(&entries[index], as: .source, around)
    case (.spec, "modules"): convertModules(&entries[index], around)
    case (.source, "layer_range"): convertNumbers(in: &entries[index], as: .number(nil))
    case (.spec, "dtype"), (.spec, "out_dtype"): convertDTypes(&entries[index])
    case (.spec, "tokenizer_source"):
      if !entries.contains(where: { $0.name == "tokenizer" }) { convertTokenizerSource(&entries[index]) }
    case (_, "parameters"):
      let model = entries.first { $0.name == "model" }
      let isModel = level == .model || level == .source
      let isBase = isModel && !around.base.isDisjoint(with: model.map(Self.spellings) ?? [])
      return convertParameters(&entries[index], around.methods, isModel: isModel, isBase: isBase)
    default: break
    }
    return true
  }

  private mutating func convertList(_ item: inout LayoutItem, as level: SpecLevel, _ around: Surroundings) {
    guard var elements = item.parts else { return }
    let before = notes.count
    var around = around
    for index in elements.indices where elements[index].kind == .element {
      if level == .model, elements[index].word != nil {
        var model = LayoutItem(key: "model", body: elements[index].body)
        model.comment = elements[index].comment
        note(elements[index], "`\(elements[index].body)` is now `model: \(elements[index].body)`")
        (elements[index].body, elements[index].comment, elements[index].children) = ("", "", [model])
        continue
      }
      guard var entries = elements[index].parts, entries.allSatisfy({ $0.name != nil }) else { continue }
      let count = notes.count
      var own = around
      if level == .slice {
        let named = named(in: entries.filter { $0.name == "merge_method" })
        own.methods = named.isEmpty ? Array(around.methods.prefix(1)) : named
        let base = base(in: entries)
        if !base.isEmpty { own.base = base }
      }
      let left = convert(&entries, at: level, own)
      elements[index].tail += left
      if notes.count > count { elements[index].setParts(entries) }
      // The first of several mentions is the base.
      if let model = entries.first(where: { $0.name == "model" }), !around.base.isDisjoint(with: Self.spellings(model))
      {
        around.base = []
      }
    }
    if notes.count > before { item.setParts(elements) }
  }

  private mutating func convertModules(_ item: inout LayoutItem, _ around: Surroundings) {
    guard var modules = item.parts else { return }
    let before = notes.count
    for index in modules.indices {
      guard var entries = modules[index].parts else { continue }
      let count = notes.count
      var own = around
      let named = named(in: entries)
      if entries.contains(where: { $0.name == "merge_method" }), !named.isEmpty { own.methods = named }
      modules[index].tail += convert(&entries, at: .module, own)
      if notes.count > count { modules[index].setParts(entries) }
    }
    if notes.count > before { item.setParts(modules) }
  }

  // MARK: What is known

  /// The method that these entries name, and those that their slices name.
  private func named(in entries: [LayoutItem]) -> [MethodDescription] {
    let own = entries.first { $0.name == "merge_method" }?.word
    let modules = entries.filter { $0.name == "modules" }.flatMap { $0.parts ?? [] }.flatMap { $0.parts ?? [] }
    let slices = (entries + modules).filter { $0.name == "slices" }.flatMap { $0.parts ?? [] }
      .flatMap { $0.parts ?? [] }
    let words = [own] + (modules + slices).filter { $0.name == "merge_method" }.map(\.word)
    var found: [MethodDescription] = []
    for word in words {
      guard let method = methods.first(where: { $0.name == word }) else { continue }
      if !found.contains(where: { $0.name == method.name }) { found.append(method) }
    }
    return found
  }

  private func base(in entries: [LayoutItem]) -> Set<String> {
    entries.first { $0.name == "base_model" }.map(Self.spellings) ?? []
  }

  /// How a model may be written elsewhere: as it is here, or as an alias of it.
  private static func spellings(_ item: LayoutItem) -> Set<String> {
    var all: Set<String> = [item.word ?? item.body]
    for word in item.properties.split(separator: " ") where word.hasPrefix("&") { all.insert("*" + word.dropFirst()) }
    return all.subtracting([""])
  }

  mutating func note(_ item: LayoutItem, _ message: String, hint: String? = nil) {
    let position = item.line > 0 ? SourcePosition(line: item.line, column: item.column + 1) : nil
    notes.append(Diagnostic(.note, file: file, at: position, message, hint: hint))
  }
}
