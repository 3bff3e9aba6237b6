internal import Documents
internal import MergeMethods

extension SpecConverter {
  /// Rewrites what stands under `parameters:`; false if all of it does nothing and the whole can go.
  mutating func convertParameters(
    _ item: inout LayoutItem, _ methods: [MethodDescription], isModel: Bool, isBase: Bool
  ) -> Bool {
    guard !methods.isEmpty, var entries = item.parts, entries.allSatisfy({ $0.name != nil }) else { return true }
    let before = notes.count
    var left = retireDoubles(&entries)
    let reasons = entries.map { reasonToRetire($0, methods, isModel: isModel, isBase: isBase) }
    for (entry, reason) in zip(entries, reasons) {
      if let reason { note(entry, "`\(entry.name ?? "")` is now a comment: \(reason)") }
    }
    if !entries.isEmpty, !reasons.contains(where: { $0 == nil }) { return false }
    for index in entries.indices.reversed() where reasons[index] != nil { left += retire(index, of: &entries) }
    for index in entries.indices {
      let found = methods.lazy.flatMap(\.parameters).first { $0.name == entries[index].name }
      if let found { convertSetting(&entries[index], found) }
    }
    item.tail += left
    if notes.count > before { item.setParts(entries) }
    return true
  }

  private func reasonToRetire(
    _ entry: LayoutItem, _ methods: [MethodDescription], isModel: Bool, isBase: Bool
  ) -> String? {
    guard let name = entry.name, name != "<<", !entry.definesAnchors else { return nil }
    let names = methods.map(\.name).joined(separator: " and ")
    guard let parameter = methods.lazy.flatMap(\.parameters).first(where: { $0.name == name }) else {
      return "\(names) \(methods.count > 1 ? "have" : "has") no such parameter"
    }
    if isModel, parameter.scope == .global { return "it holds for all models, and does nothing below one of them" }
    if isBase, methods.contains(where: { $0.base != .unused }) { return "\(names) takes the base model as it is" }
    return nil
  }

  // MARK: Settings

  /// Rewrites the value of a parameter, whatever its form.
  private mutating func convertSetting(_ item: inout LayoutItem, _ parameter: ParameterDescription) {
    let parts = item.parts ?? []
    if parts.contains(where: { $0.name == "value" }) {
      note(item, "the value of `\(item.name ?? "")` is now a list with one case", hint: "mergekit stops at it")
      var only = LayoutItem(kind: .element, line: item.line, column: item.column)
      (only.body, only.more, only.children) = (item.body, item.more, item.children)
      (item.body, item.more) = ("", [])
      item.children = [only]
    }
    guard var elements = item.parts, elements.contains(where: { $0.parts != nil && $0.kind == .element }) else {
      return convertNumbers(in: &item, as: parameter.kind)
    }
    let before = notes.count
    for index in elements.indices {
      guard var entries = elements[index].parts else { continue }
      let count = notes.count
      for place in entries.indices where entries[place].name == "value" {
        convertNumbers(in: &entries[place], as: parameter.kind)
      }
      if notes.count > count { elements[index].setParts(entries) }
    }
    if notes.count > before { item.setParts(elements) }
  }

  /// Rewrites a number or a list of numbers.
  mutating func convertNumbers(in item: inout LayoutItem, as kind: ParameterDescription.Kind) {
    guard var elements = item.parts else { return convertNumber(&item, as: kind) }
    let before = notes.count
    for index in elements.indices { convertNumber(&elements[index], as: kind) }
    let isGradient = item.name != "layer_range" && elements.count > 1
    if origin == .mergekitPyTorch, isGradient, let first = elements.first?.body {
      note(item, "of the numbers of `\(item.name ?? "")` the first is left: weight files have no layers there")
      (item.children, item.more, item.body) = ([], [], first)
      return
    }
    guard notes.count > before else { return }
    if item.children.isEmpty {
      // A list of numbers is read more easily on one line.
      item.body = "[" + elements.map(\.body).joined(separator: ", ") + "]"
      item.more = []
    } else {
      item.children = elements
    }
  }

  private mutating func convertNumber(_ item: inout LayoutItem, as kind: ParameterDescription.Kind) {
    guard let word = item.word else { return }
    let isPlain = word == item.body
    let plain = SyntaxScalar(text: word, isPlain: true)
    let number = plain.number
    var result = word
    if kind == .flag {
      guard let flag = plain.bool ?? (number == 1 ? true : number == 0 ? false : nil) else { return }
      result = flag ? "true" : "false"
    } else {
      guard case .number = kind else { return }
      if let flag = plain.bool { result = flag ? "1" : "0" } else if number == nil { return }
    }
    // Capitals are as good.
    guard !isPlain || result != word.lowercased() else { return }
    note(item, "\(item.body) is now \(result)")
    item.body = result
  }
}
