internal import Documents
internal import Tensors

extension SpecReader {
  /// Reads `dtype` or `out_dtype`: a name, or a list of cases with filters.
  mutating func readDTypes(_ entry: SyntaxEntry) -> DTypeSetting? {
    if entry.value.isNull { return nil }
    guard let elements = entry.value.sequence ?? (entry.value.mapping == nil ? nil : [entry.value]) else {
      return readDType(entry.value, of: entry.key).map {
        DTypeSetting(cases: [DTypeSetting.Case(filter: nil, dtype: $0, position: entry.value.usePosition)])
      }
    }
    guard !elements.isEmpty else {
      error(at: entry.value.usePosition, "the list of values for \(entry.key) is empty")
      return nil
    }
    var cases: [DTypeSetting.Case] = []
    var catchAll: SourcePosition?
    for element in elements {
      if let catchAll { neverUsed(at: element.usePosition, of: entry.key, catchAll: catchAll) }
      guard let fields = element.mapping else {
        error(
          at: element.usePosition, "a case of \(entry.key) is a mapping of value and filter, not \(element.kind)",
          hint: element.text.map { "write `- value: \($0)`" })
        continue
      }
      guard let read = readDTypeCase(fields, in: element, of: entry.key) else { continue }
      if read.filter == nil, catchAll == nil { catchAll = element.usePosition }
      cases.append(read)
    }
    return cases.count == elements.count ? DTypeSetting(cases: cases) : nil
  }

  private mutating func readDTypeCase(
    _ entries: [SyntaxEntry], in node: SyntaxNode, of name: String
  ) -> DTypeSetting.Case? {
    checkKeys(entries, of: .parameterCase)
    let fields = Fields(entries)
    guard let value = fields["value"] else {
      error(at: node.usePosition, "this entry of \(name) has no value", hint: "write {value: float32, filter: norm}")
      return nil
    }
    guard let filter = readFilter(fields["filter"]), let dtype = readDType(value.value, of: name) else { return nil }
    let position = fields["filter"].flatMap { filter.filter == nil ? nil : $0.value.usePosition }
    return DTypeSetting.Case(filter: filter.filter, dtype: dtype, position: position ?? value.value.usePosition)
  }

  private mutating func readDType(_ node: SyntaxNode, of key: String) -> DType? {
    guard var name = node.text else {
      error(at: node.usePosition, "\(key) names a dtype, but here is \(node.kind)")
      return nil
    }
    if name.hasPrefix("torch.") { name.removeFirst(6) }
    let allowed = DType.allCases.filter(\.isFloatingPoint).map(\.rawValue)
    if let dtype = DType(rawValue: name), dtype.isFloatingPoint { return dtype }
    let list = "dtypes: " + allowed.joined(separator: ", ")
    let nearest =
      (DTypeSetting.abbreviations[name] ?? NearestName.of(name, in: allowed)).map { "did you mean \($0)? " } ?? ""
    if DType(rawValue: name) != nil {
      error(at: node.usePosition, "\(key) cannot be \(name): a merge gives fractions", hint: list)
    } else {
      error(at: node.usePosition, "there is no dtype \"\(name)\"", hint: nearest + list)
    }
    return nil
  }
}
