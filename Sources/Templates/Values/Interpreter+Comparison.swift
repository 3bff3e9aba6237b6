internal import Documents

extension Interpreter {
  /// Compares two values with one operator.
  func compare(_ op: Comparison, _ left: TemplateValue, _ right: TemplateValue) throws(Fault) -> Bool {
    try requireDefined(left)
    try requireDefined(right)
    switch op {
    case .equal: return try areEqual(left, right)
    case .notEqual: return !(try areEqual(left, right))
    case .less: return try isLess(left, right)
    case .greater: return try isLess(right, left)
    case .lessOrEqual: return try isLess(left, right, orEqual: true)
    case .greaterOrEqual: return try isLess(right, left, orEqual: true)
    case .isIn: return try contains(right, left)
    case .isNotIn: return !(try contains(right, left))
    }
  }

  /// Whether two values are equal as Python has it: `1 == 1.0 == True`, but a list is never a tuple.
  func areEqual(_ a: TemplateValue, _ b: TemplateValue) throws(Fault) -> Bool {
    switch (a, b) {
    case (.undefined, .undefined), (.none, .none): return true
    case (.list(let a), .list(let b)), (.tuple(let a), .tuple(let b)):
      guard a.count == b.count else { return false }
      try meter.charge(a.count)
      for (a, b) in zip(a, b) where !(try areEqual(a, b)) { return false }
      return true
    case (.dictionary(let a), .dictionary(let b)):
      guard a.count == b.count else { return false }
      try meter.charge(a.count)
      for (key, value) in a.entries {
        guard let other = b[key], try areEqual(value, other) else { return false }
      }
      return true
    case (.sequence(let kind, let a), .sequence(let other, let b)) where kind == other && kind != .generator:
      return try areEqual(.list(a), .list(b))
    case (.range(let a), .range(let b)): return a.elements.count == b.elements.count && (a.count == 0 || a == b)
    case (.object(let a), .object(let b)): return a == b
    case (.callable(.macro(let a)), .callable(.macro(let b))): return a == b
    case (.callable(.function(let a)), .callable(.function(let b))): return a == b
    default:
      if let a = a.integer, let b = b.integer { return a == b }
      if let a = a.number, let b = b.number { return a == b }
      guard let a = a.string, let b = b.string, a.utf8.count == b.utf8.count else { return false }
      try meter.charge(bytes: a.utf8.count)
      return a.isSame(as: b)
    }
  }

  /// Whether one value comes before another; only values of one kind have an order.
  func isLess(_ a: TemplateValue, _ b: TemplateValue, orEqual: Bool = false) throws(Fault) -> Bool {
    if let a = a.integer, let b = b.integer { return orEqual ? a <= b : a < b }
    if let a = a.number, let b = b.number { return orEqual ? a <= b : a < b }
    if let a = a.string, let b = b.string {
      try meter.charge(bytes: min(a.utf8.count, b.utf8.count))
      // UTF-8 has the order of the code points.
      return a.utf8.lexicographicallyPrecedes(b.utf8) || orEqual && a.isSame(as: b)
    }
    switch (a, b) {
    case (.list(let a), .list(let b)), (.tuple(let a), .tuple(let b)):
      try meter.charge(min(a.count, b.count))
      for (a, b) in zip(a, b) where !(try areEqual(a, b)) { return try isLess(a, b, orEqual: orEqual) }
      return orEqual ? a.count <= b.count : a.count < b.count
    default: throw unfit("<", a, b)
    }
  }

  /// `value in container`.
  func contains(_ container: TemplateValue, _ value: TemplateValue) throws(Fault) -> Bool {
    switch container {
    case .string(let text), .safe(let text):
      guard let part = value.string else {
        if case .undefined(let missing) = value { throw missing.fault }
        throw Fault("\"in\" looks for \(value.aType) in a text")
      }
      try meter.charge(bytes: text.utf8.count)
      return PythonString.contains(text, part)
    case .dictionary(let dictionary): return dictionary[value] != nil
    case .object(let object):
      guard case .namespace(let members) = objects[object.number] else { break }
      return members[value] != nil
    default: break
    }
    for element in try elements(of: container) where try areEqual(element, value) { return true }
    return false
  }

  /// Sorts as Python does: equal elements keep their order, also when the order is reversed.
  func sorted(
    _ values: [TemplateValue], reversed: Bool,
    _ precedes: (TemplateValue, TemplateValue) throws(Fault) -> Bool
  ) throws(Fault) -> [TemplateValue] {
    var current = values
    var width = 1
    // Merging neighbours of doubling width, because the standard sort cannot pass on a typed error.
    while width < current.count {
      try meter.charge(current.count)
      var merged: [TemplateValue] = []
      merged.reserveCapacity(current.count)
      for start in stride(from: 0, to: current.count, by: 2 * width) {
        let middle = min(start + width, current.count)
        let end = min(start + 2 * width, current.count)
        var (left, right) = (start, middle)
        while left < middle, right < end {
          let takesRight =
            reversed ? try precedes(current[left], current[right]) : try precedes(current[right], current[left])
          merged.append(current[takesRight ? right : left])
          if takesRight { right += 1 } else { left += 1 }
        }
        merged += current[left..<middle]
        merged += current[right..<end]
      }
      current = merged
      width *= 2
    }
    return current
  }
}
