internal import Documents

extension Interpreter {
  /// `value.name`: a method or attribute if the value has one, else the element by that key.
  func attribute(_ name: String, of value: TemplateValue) throws(Fault) -> TemplateValue {
    switch value {
    case .undefined(let missing): throw missing.fault
    case .object(let object): return try attribute(name, of: object)
    default: break
    }
    if MethodCatalog.names(of: value).contains(name) { return .callable(.method(value, name)) }
    if case .dictionary(let dictionary) = value, let member = dictionary[name] { return member }
    return missing(name, in: value)
  }

  private func attribute(_ name: String, of object: TemplateObject) throws(Fault) -> TemplateValue {
    switch object.kind {
    case .namespace:
      if case .namespace(let members) = objects[object.number] {
        return members[name] ?? missing(name, in: .dictionary(members), owner: "the namespace")
      }
    case .loop: if let value = try attribute(name, ofLoop: object) { return value }
    case .cycler:
      if name == "next" || name == "reset" { return .callable(.method(.object(object), name)) }
      if name == "current", case .cycler(let values, let place) = objects[object.number] { return values[place] }
    }
    return .undefined(
      TemplateMissing(
        name, owner: "a \(object.kind.rawValue)",
        hint: object.kind == .loop ? Fault.nearest(name, in: LoopState.attributes) : nil))
  }

  /// `value[key]`: the element by that key, else the attribute by that name.
  func item(_ key: TemplateValue, of value: TemplateValue) throws(Fault) -> TemplateValue {
    try requireDefined(key)
    switch value {
    case .undefined(let missing): throw missing.fault
    case .dictionary(let dictionary):
      if let member = dictionary[key] { return member }
    case .list(let elements), .tuple(let elements):
      if let index = key.integer { return element(index, of: elements, value) }
    case .range(let range):
      if let index = key.integer {
        let place = index < 0 ? index + range.count : index
        return (0..<range.count).contains(place)
          ? .integer(range.start + place * range.step) : missing("\(index)", in: value)
      }
    case .string(let text), .safe(let text):
      if let index = key.integer { return try character(index, of: text, value) }
    case .object(let object):
      if let name = key.string { return try attribute(name, of: object) }
    default: break
    }
    guard let name = key.string else { return missing(PythonText.representation(of: key), in: value) }
    if MethodCatalog.names(of: value).contains(name) { return .callable(.method(value, name)) }
    return missing(name, in: value)
  }

  private func element(_ index: Int, of elements: [TemplateValue], _ value: TemplateValue) -> TemplateValue {
    let place = index < 0 ? index + elements.count : index
    return elements.indices.contains(place) ? elements[place] : missing("\(index)", in: value)
  }

  private func character(_ index: Int, of text: String, _ value: TemplateValue) throws(Fault) -> TemplateValue {
    try meter.charge(bytes: text.utf8.count)
    let scalars = text.unicodeScalars
    let distance = index < 0 ? -1 - index : index
    var seen = 0
    for scalar in index < 0 ? AnyCollection(scalars.reversed()) : AnyCollection(scalars) {
      if seen == distance { return .string(String(scalar)) }
      seen += 1
    }
    return missing("\(index)", in: value)
  }

  private func missing(_ name: String, in value: TemplateValue, owner: String? = nil) -> TemplateValue {
    var hint: String?
    // Only the strict dialect is likely to show it, and looking for it takes time.
    if dialect == .task, case .dictionary(let dictionary) = value, dictionary.count <= 64 {
      hint = Fault.nearest(name, in: dictionary.keys.compactMap(\.string))
    }
    return .undefined(TemplateMissing(name, owner: owner ?? value.aType, hint: hint))
  }

  // MARK: Slices

  /// `value[from:to:by]` with Python's rules for what lies outside and for negative numbers.
  func slice(
    _ value: TemplateValue, from: TemplateValue, to: TemplateValue, by: TemplateValue
  ) throws(Fault) -> TemplateValue {
    if case .undefined(let missing) = value { throw missing.fault }
    let step = try bound(by) ?? 1
    guard step != 0, step != .min else { throw Fault("the step of a slice is 0") }
    let (from, to) = (try bound(from), try bound(to))
    func indices(_ count: Int) -> StrideTo<Int> {
      func clamp(_ bound: Int?, _ otherwise: Int) -> Int {
        guard let bound else { return otherwise }
        let place = bound < 0 ? bound + count : bound
        return step > 0 ? min(max(place, 0), count) : min(max(place, -1), count - 1)
      }
      return stride(
        from: clamp(from, step > 0 ? 0 : count - 1), to: clamp(to, step > 0 ? count : -1),
        by: min(max(step, -count - 1), count + 1))
    }
    switch value {
    case .list(let elements):
      try meter.charge(elements.count)
      return .list(indices(elements.count).map { elements[$0] })
    case .tuple(let elements):
      try meter.charge(elements.count)
      return .tuple(indices(elements.count).map { elements[$0] })
    case .range(let range):
      try meter.charge(range.count)
      let elements = range.elements
      return .list(indices(elements.count).map { elements[$0] })
    case .string(let text), .safe(let text):
      try meter.charge(text.utf8.count / 4)
      let scalars = Array(text.unicodeScalars)
      let part = String(scalars: indices(scalars.count).map { scalars[$0] })
      if case .safe = value { return .safe(part) }
      return .string(part)
    default: return .undefined(TemplateMissing("slices", owner: value.aType))
    }
  }

  private func bound(_ value: TemplateValue) throws(Fault) -> Int? {
    if value.isNone { return nil }
    try requireDefined(value)
    guard let index = value.integer else { throw Fault("the bound of a slice is \(value.aType), not a whole number") }
    return min(max(index, -(1 << 40)), 1 << 40)
  }
}
