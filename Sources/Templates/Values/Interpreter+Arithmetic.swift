extension Interpreter {
  func unfit(_ op: String, _ values: TemplateValue...) -> Fault {
    for value in values { if case .undefined(let missing) = value { return missing.fault } }
    return Fault("\"\(op)\" is not for \(values.map(\.aType).joined(separator: " and "))")
  }

  func negative(_ value: TemplateValue) throws(Fault) -> TemplateValue {
    if let number = value.integer {
      let result = (0).subtractingReportingOverflow(number)
      guard !result.overflow else { throw Self.overflow }
      return .integer(result.partialValue)
    }
    guard case .float(let number) = value else { throw unfit("-", value) }
    return .float(-number)
  }

  private static var overflow: Fault { Fault("a whole number leaves 64 bits", kind: .limit) }

  /// Computes with two values by Python's rules.
  func binary(_ op: BinaryOperator, _ left: TemplateValue, _ right: TemplateValue) throws(Fault) -> TemplateValue {
    if let a = left.integer, let b = right.integer { return try compute(op, a, b) }
    if let a = left.number, let b = right.number { return try compute(op, a, b) }
    switch op {
    case .add: return try sum(left, right)
    case .multiply: return try product(left, right)
    case .remainder:
      if let format = left.string {
        let text = try percentFormat(format, right)
        if case .safe = left { return .safe(text) }
        return .string(text)
      }
    default: break
    }
    throw unfit(op.rawValue, left, right)
  }

  private func compute(_ op: BinaryOperator, _ a: Int, _ b: Int) throws(Fault) -> TemplateValue {
    let result: (partialValue: Int, overflow: Bool)
    switch op {
    case .add: result = a.addingReportingOverflow(b)
    case .subtract: result = a.subtractingReportingOverflow(b)
    case .multiply: result = a.multipliedReportingOverflow(by: b)
    case .divide: return try compute(op, Double(a), Double(b))
    case .floorDivide, .remainder:
      guard b != 0 else { throw Fault("division by zero") }
      let quotient = a.dividedReportingOverflow(by: b)
      guard !quotient.overflow else { throw Self.overflow }
      // Python rounds towards minus infinity, and the remainder has the divisor's sign.
      let rest = a - quotient.partialValue * b
      let isBelow = rest != 0 && (rest < 0) != (b < 0)
      return .integer(op == .floorDivide ? quotient.partialValue - (isBelow ? 1 : 0) : rest + (isBelow ? b : 0))
    case .power:
      guard b >= 0 else { return try compute(op, Double(a), Double(b)) }
      return .integer(try power(a, b))
    }
    guard !result.overflow else { throw Self.overflow }
    return .integer(result.partialValue)
  }

  private func power(_ base: Int, _ exponent: Int) throws(Fault) -> Int {
    if base == 0 || base == 1 { return exponent == 0 ? 1 : base }
    if base == -1 { return exponent % 2 == 0 ? 1 : -1 }
    guard exponent < 64 else { throw Self.overflow }
    var result = 1
    for _ in 0..<exponent {
      let next = result.multipliedReportingOverflow(by: base)
      guard !next.overflow else { throw Self.overflow }
      result = next.partialValue
    }
    return result
  }

  private func compute(_ op: BinaryOperator, _ a: Double, _ b: Double) throws(Fault) -> TemplateValue {
    switch op {
    case .add: return .float(a + b)
    case .subtract: return .float(a - b)
    case .multiply: return .float(a * b)
    case .power:
      guard a != 0 || b >= 0 else { throw Fault("0 has no negative power") }
      return .float(PythonNumbers.power(a, b))
    case .divide, .floorDivide, .remainder:
      guard b != 0 else { throw Fault("division by zero") }
      if op == .divide { return .float(a / b) }
      var rest = a.truncatingRemainder(dividingBy: b)
      if rest != 0, (rest < 0) != (b < 0) { rest += b }
      if op == .remainder { return .float(rest == 0 ? (b < 0 ? -0.0 : 0) : rest) }
      let quotient = (a - rest) / b
      return .float(quotient.rounded())
    }
  }

  private func sum(_ left: TemplateValue, _ right: TemplateValue) throws(Fault) -> TemplateValue {
    switch (left, right) {
    case (.string(let a), .string(let b)):
      try meter.charge(bytes: a.utf8.count + b.utf8.count)
      return .string(a + b)
    case (.safe, .safe), (.safe, .string), (.string, .safe):
      let text = escaped(left) + escaped(right)
      try meter.charge(bytes: text.utf8.count)
      return .safe(text)
    case (.list(let a), .list(let b)):
      try meter.charge(a.count + b.count)
      return .list(a + b)
    case (.tuple(let a), .tuple(let b)):
      try meter.charge(a.count + b.count)
      return .tuple(a + b)
    default:
      let fault = unfit("+", left, right)
      let isMixed = fault.kind == .value && (left.string == nil) != (right.string == nil)
      throw isMixed ? Fault(fault.message, hint: "\"~\" joins any two values as text") : fault
    }
  }

  private func product(_ left: TemplateValue, _ right: TemplateValue) throws(Fault) -> TemplateValue {
    let (value, count) = right.integer != nil ? (left, right.integer ?? 0) : (right, left.integer ?? 0)
    guard left.integer != nil || right.integer != nil else { throw unfit("*", left, right) }
    let times = min(max(0, count), 1 << 30)
    switch value {
    case .string(let text), .safe(let text):
      try meter.charge(bytes: text.utf8.count * times)
      let repeated = String(repeating: text, count: text.isEmpty ? 0 : times)
      if case .safe = value { return .safe(repeated) }
      return .string(repeated)
    case .list(let elements):
      try meter.charge(elements.count * times)
      return .list(Array([[TemplateValue]](repeating: elements, count: elements.isEmpty ? 0 : times).joined()))
    case .tuple(let elements):
      try meter.charge(elements.count * times)
      return .tuple(Array([[TemplateValue]](repeating: elements, count: elements.isEmpty ? 0 : times).joined()))
    default: throw unfit("*", left, right)
    }
  }

  /// The text of a value with the characters escaped that HTML gives a meaning, unless it is safe already.
  func escaped(_ value: TemplateValue) -> String {
    if case .safe(let text) = value { return text }
    var result = ""
    for scalar in value.text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "'": result += "&#39;"
      case "\"": result += "&#34;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
