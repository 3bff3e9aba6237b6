internal import Documents

extension Interpreter {
  // MARK: map, select, reject

  func choosingFilter(_ name: String, _ value: TemplateValue, _ call: CallArguments) throws(Fault) -> TemplateValue {
    let elements = try elements(of: value)
    if name == "map" { return .sequence(.generator, try map(elements, call)) }
    var call = call
    var path: TemplateValue?
    if name.hasSuffix("attr") {
      guard !call.positional.isEmpty else { throw Fault("\(call.callee) lacks the name of an attribute") }
      path = call.positional.removeFirst()
    }
    var testName: String?
    if !call.positional.isEmpty {
      let name = try TemplateValue?.some(call.positional.removeFirst()).text("test", or: "")
      guard TestCatalog.names.contains(name) else {
        throw Fault(
          "there is no test \(PrintableText.quoted(name))", hint: Fault.nearest(name, in: TestCatalog.names.sorted()))
      }
      testName = name
    }
    let keeps = name.hasPrefix("select")
    var chosen: [TemplateValue] = []
    for element in elements {
      let tested = try path.map { (path) throws(Fault) in try attribute(path: path, of: element) } ?? element
      let holds: Bool
      if let testName {
        holds = try test(testName, tested, call)
      } else {
        try requireDefined(tested)
        holds = tested.isTrue
      }
      if holds == keeps { chosen.append(element) }
    }
    return .sequence(.generator, chosen)
  }

  private static let mostNestedMaps = 8

  private func map(_ elements: [TemplateValue], _ call: CallArguments) throws(Fault) -> [TemplateValue] {
    var results: [TemplateValue] = []
    if call.positional.isEmpty, call.named.contains(where: { $0.name == "attribute" }) {
      let given = try call.bind("attribute", "default")
      for element in elements {
        let value = try attribute(path: given[0] ?? .none, of: element)
        results.append(value.isUndefined ? given[1] ?? value : value)
      }
      return results
    }
    var call = call
    guard !call.positional.isEmpty else { throw Fault("\"map\" lacks the name of a filter, or \"attribute\"") }
    let name = try TemplateValue?.some(call.positional.removeFirst()).text("filter", or: "")
    guard FilterCatalog.names.contains(name) else {
      throw Fault(
        "there is no filter \(PrintableText.quoted(name))", hint: Fault.nearest(name, in: FilterCatalog.names.sorted()))
    }
    // Every "map" within takes its name from the arguments, so their number bounds the depth.
    guard name != "map" || call.positional.count < Self.mostNestedMaps else {
      throw Fault("\"map\" nests deeper than \(Self.mostNestedMaps) levels", kind: .limit)
    }
    for element in elements { results.append(try filter(name, element, call)) }
    return results
  }

  // MARK: join, sum, min, max

  func reducingFilter(_ name: String, _ value: TemplateValue, _ call: CallArguments) throws(Fault) -> TemplateValue {
    let elements = try elements(of: value)
    func picked(_ path: TemplateValue?) throws(Fault) -> [TemplateValue] {
      guard let path, !path.isNone else { return elements }
      var values: [TemplateValue] = []
      for element in elements { values.append(try attribute(path: path, of: element)) }
      return values
    }
    switch name {
    case "join":
      let given = try call.bind("d", "attribute")
      let separator = try given[0].map { (value) throws(Fault) in try text(of: value) } ?? ""
      var parts: [String] = []
      var size = 0
      for element in try picked(given[1]) {
        let part = try text(of: element)
        size += part.utf8.count + separator.utf8.count
        try meter.charge(bytes: part.utf8.count + separator.utf8.count)
        parts.append(part)
      }
      try meter.charge(bytes: size)
      return .string(parts.joined(separator: separator))
    case "sum":
      let given = try call.bind("attribute", "start")
      var sum = given[1] ?? .integer(0)
      for element in try picked(given[0]) { sum = try binary(.add, sum, element) }
      return sum
    default:
      let given = try call.bind("case_sensitive", "attribute")
      let keys = try picked(given[1])
      var best: Int?
      for place in keys.indices {
        let key = folded(keys[place], isCaseSensitive: given[0].isTrue)
        guard let current = best else {
          best = place
          continue
        }
        let other = folded(keys[current], isCaseSensitive: given[0].isTrue)
        if name == "min" ? try isLess(key, other) : try isLess(other, key) { best = place }
      }
      return best.map { elements[$0] } ?? .undefined(TemplateMissing(name, owner: "an empty list"))
    }
  }

  // MARK: sort, unique, groupby, batch, slice

  func arrangingFilter(_ name: String, _ value: TemplateValue, _ call: CallArguments) throws(Fault) -> TemplateValue {
    let elements = try elements(of: value)
    switch name {
    case "sort":
      let given = try call.bind("reverse", "case_sensitive", "attribute")
      let pairs = try keyed(elements, by: given[2], isCaseSensitive: given[1].isTrue, isList: true)
      return .list(try sortedByKey(pairs, reversed: given[0].isTrue))
    case "unique":
      let given = try call.bind("case_sensitive", "attribute")
      return .sequence(
        .generator, try unique(try keyed(elements, by: given[1], isCaseSensitive: given[0].isTrue, isList: false)))
    case "groupby":
      let given = try call.bind("attribute", "default", "case_sensitive", required: 1)
      return .list(try groups(elements, by: given[0], given[1], isCaseSensitive: given[2].isTrue))
    case "batch":
      let given = try call.bind("linecount", "fill_with", required: 1)
      let size = try given[0].integer("linecount", or: 1)
      guard size > 0 else { throw Fault("\"batch\" makes rows of at least one element") }
      var rows = stride(from: 0, to: elements.count, by: size).map {
        Array(elements[$0..<min($0 + size, elements.count)])
      }
      if let fill = given[1], let last = rows.last, last.count < size {
        try meter.charge(size)
        rows[rows.count - 1] += Array(repeating: fill, count: size - last.count)
      }
      return .sequence(.generator, rows.map { .list($0) })
    default:
      let given = try call.bind("slices", "fill_with", required: 1)
      return .sequence(.generator, try slices(elements, try given[0].integer("slices", or: 1), given[1]))
    }
  }

  private func keyed(
    _ elements: [TemplateValue], by path: TemplateValue?, isCaseSensitive: Bool, isList: Bool
  ) throws(Fault) -> [TemplateValue] {
    // Sorting may be by several attributes, separated by commas.
    let text = path?.string
    let paths = isList ? text.map { PythonString.split($0, by: ",", limit: .max) } ?? [] : text.map { [$0] } ?? []
    var pairs: [TemplateValue] = []
    for element in elements {
      var keys: [TemplateValue] = []
      if paths.isEmpty {
        let key = try path.map { (path) throws(Fault) in
          path.isNone ? element : try attribute(path: path, of: element)
        }
        keys.append(folded(key ?? element, isCaseSensitive: isCaseSensitive))
      }
      for path in paths {
        keys.append(
          folded(try attribute(path: .string(path), of: element), isCaseSensitive: isCaseSensitive))
      }
      pairs.append(.tuple([keys.count == 1 ? keys[0] : .list(keys), element]))
    }
    return pairs
  }

  private func unique(_ pairs: [TemplateValue]) throws(Fault) -> [TemplateValue] {
    var seen = TemplateDictionary()
    var kept: [TemplateValue] = []
    for pair in pairs {
      guard let parts = pair.elements, seen[parts[0]] == nil else { continue }
      try seen.set(parts[0], .none)
      kept.append(parts[1])
    }
    return kept
  }

  private func groups(
    _ elements: [TemplateValue], by path: TemplateValue?, _ otherwise: TemplateValue?, isCaseSensitive: Bool
  ) throws(Fault) -> [TemplateValue] {
    var pairs: [TemplateValue] = []
    for element in elements {
      var key = try attribute(path: path ?? .none, of: element)
      if key.isUndefined, let otherwise { key = otherwise }
      pairs.append(.tuple([folded(key, isCaseSensitive: isCaseSensitive), .tuple([key, element])]))
    }
    var groups: [(key: TemplateValue, shown: TemplateValue, elements: [TemplateValue])] = []
    for value in try sortedByKey(pairs, reversed: false) {
      guard let parts = value.elements else { continue }
      let key = folded(parts[0], isCaseSensitive: isCaseSensitive)
      if let last = groups.indices.last, try areEqual(groups[last].key, key) {
        groups[last].elements.append(parts[1])
      } else {
        groups.append((key, parts[0], [parts[1]]))
      }
    }
    return groups.map { .tuple([$0.shown, .list($0.elements)]) }
  }

  private func slices(
    _ elements: [TemplateValue], _ count: Int, _ fill: TemplateValue?
  ) throws(Fault) -> [TemplateValue] {
    guard count > 0 else { throw Fault("\"slice\" makes at least one slice") }
    try meter.charge(count)
    let (size, longer) = (elements.count / count, elements.count % count)
    var start = 0
    return (0..<count).map { number in
      let end = start + size + (number < longer ? 1 : 0)
      var part = Array(elements[start..<end])
      start = end
      if let fill, number >= longer { part.append(fill) }
      return .list(part)
    }
  }
}
