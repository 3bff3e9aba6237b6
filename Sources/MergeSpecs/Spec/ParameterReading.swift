internal import Documents
internal import MergeMethods

extension SpecReader {
  /// Reads a `parameters:` mapping; names and ranges are checked against the method later.
  mutating func readParameters(_ entry: SyntaxEntry?) -> [ParameterEntry] {
    guard let entry, !entry.value.isNull else { return [] }
    guard let entries = entry.value.mapping else {
      error(
        at: entry.value.usePosition, "`parameters` is a mapping of names to values, not \(entry.value.kind)",
        hint: "write `weight: 0.5`, without a dash")
      return []
    }
    return entries.map { parameter in
      ParameterEntry(name: parameter.key, position: parameter.keyPosition, cases: readCases(parameter) ?? [])
    }
  }

  /// Parameters that stand beside `parameters:` instead of under it. They have been reported; remembered without a
  /// value, they are not reported as missing as well.
  func misplacedParameters(_ entries: [SyntaxEntry], at level: SpecLevel) -> [ParameterEntry] {
    guard !lenient else { return [] }
    return entries.filter { parameterNames.contains($0.key) && !level.keys.contains($0.key) }
      .map { ParameterEntry(name: $0.key, position: $0.keyPosition, cases: []) }
  }

  private mutating func readCases(_ entry: SyntaxEntry) -> [ParameterCase]? {
    switch entry.value.value {
    case .mapping: return readCase(entry.value, of: entry.key).map { [$0] }
    case .scalar:
      return readNumber(entry.value, of: entry.key).map { [self.case([$0], at: entry.value.usePosition)] }
    case .sequence(let elements):
      guard let first = elements.first else {
        error(at: entry.value.usePosition, "the list of values for \(entry.key) is empty")
        return nil
      }
      if first.mapping == nil, !elements.contains(where: { $0.mapping != nil }) {
        let values = elements.compactMap { readNumber($0, of: entry.key) }
        guard values.count == elements.count else { return nil }
        return [self.case(values, at: entry.value.usePosition)]
      }
      return readList(elements, of: entry.key)
    }
  }

  private mutating func readList(_ elements: [SyntaxNode], of name: String) -> [ParameterCase]? {
    var cases: [ParameterCase] = []
    var isFaulty = false
    var catchAll: SourcePosition?
    for element in elements {
      if let catchAll { neverUsed(at: element.usePosition, of: name, catchAll: catchAll) }
      if element.mapping == nil {
        let shown = element.text.map { "write `- value: \($0)`" }
        error(
          at: element.usePosition, "numbers and filtered values of \(name) cannot be mixed in one list", hint: shown)
        isFaulty = true
      } else if let read = readCase(element, of: name) {
        if read.filter == nil, catchAll == nil { catchAll = element.usePosition }
        cases.append(read)
      } else {
        isFaulty = true
      }
    }
    return isFaulty ? nil : cases
  }

  /// Reads a mapping of `value` and `filter`.
  private mutating func readCase(_ node: SyntaxNode, of name: String) -> ParameterCase? {
    let entries = node.mapping ?? []
    checkKeys(entries, of: .parameterCase)
    let fields = Fields(entries)
    guard let value = fields["value"] else {
      error(at: node.usePosition, "this entry of \(name) has no value", hint: "write {value: 0.5, filter: mlp}")
      return nil
    }
    guard let filter = readFilter(fields["filter"]) else { return nil }
    let elements = value.value.sequence
    if let elements, elements.isEmpty {
      error(at: value.value.usePosition, "the list of values for \(name) is empty")
      return nil
    }
    let values = (elements ?? [value.value]).map { readNumber($0, of: name) }
    guard !values.contains(where: { $0 == nil }) else { return nil }
    let position = value.value.usePosition
    let filterPosition = fields["filter"].flatMap { filter.filter == nil ? nil : $0.value.usePosition }
    return ParameterCase(
      filter: filter.filter, gradient: Gradient(values.compactMap(\.self)), filterPosition: filterPosition ?? position,
      valuePosition: position)
  }

  /// The words that a parameter's value is one of, whichever method has it.
  private func choices(of name: String) -> [String]? {
    methods.lazy.flatMap(\.parameters).first { $0.name == name && $0.choices != nil }?.choices
  }

  /// A filter that was read; nil inside stands for every tensor.
  struct ReadFilter {
    var filter: TensorFilter?
  }

  /// Reads a filter, or nil if it is none.
  mutating func readFilter(_ entry: SyntaxEntry?) -> ReadFilter? {
    guard let entry, !entry.value.isNull else { return ReadFilter(filter: nil) }
    let position = entry.value.usePosition
    guard let text = entry.value.text else {
      error(
        at: position, "a filter is a part of tensor names, not \(entry.value.kind)",
        hint: "write one entry for each filter")
      return nil
    }
    if text.isEmpty || text == "*" { return ReadFilter(filter: nil) }
    do throws(NamePatternError) {
      return ReadFilter(filter: try TensorFilter(text))
    } catch {
      let place = error.character.map { ", at character \($0)" } ?? ""
      self.error(
        at: position, "\(text) is not a regular expression: \(error.message)\(place)",
        hint: "between slashes stands a pattern in the syntax of PCRE; without them a filter is a part of the name")
      return nil
    }
  }

  /// Says that a case stands behind one that holds for every tensor.
  mutating func neverUsed(at position: SourcePosition, of name: String, catchAll: SourcePosition) {
    warning(
      at: position, "this value of \(name) is never used: the one in line \(catchAll.line) holds for every tensor",
      hint: "put the value without a filter last")
  }

  private func `case`(_ values: [Double], at position: SourcePosition) -> ParameterCase {
    ParameterCase(filter: nil, gradient: Gradient(values), filterPosition: position, valuePosition: position)
  }

  private mutating func readNumber(_ node: SyntaxNode, of name: String) -> Double? {
    if let choices = choices(of: name) {
      if let text = node.text, let place = choices.firstIndex(of: text) { return Double(place) }
      let nearest = node.text.flatMap { NearestName.of($0, in: choices) }
      error(
        at: node.usePosition,
        "\(name) must be one of \(choices.joined(separator: ", ")), but here is \(node.text.map { "\"\($0)\"" } ?? node.kind)",
        hint: nearest.map { "did you mean \($0)?" })
      return nil
    }
    if let scalar = node.scalar {
      if let flag = scalar.bool { return flag ? 1 : 0 }
      if let number = scalar.number, number.isFinite { return number }
    }
    error(
      at: node.usePosition, "\(name) must be a number, but here is \(node.kind)",
      hint: node.isNull ? "remove the key to use the default" : node.text.flatMap(Self.meantNumber))
    return nil
  }

  /// What a number in a form of everyday life is here.
  private static func meantNumber(_ text: String) -> String? {
    if text.hasSuffix("%"), let share = Double(text.dropLast()) { return "write \(NumberText.short(share / 100))" }
    let pointed = text.replacing(",", with: ".")
    return pointed != text && Double(pointed) != nil ? "write \(pointed)" : nil
  }
}
