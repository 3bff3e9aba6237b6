extension Interpreter {
  func numberFilter(_ name: String, _ value: TemplateValue, _ call: CallArguments) throws(Fault) -> TemplateValue {
    switch name {
    case "abs":
      _ = try call.bind()
      if let number = value.integer { return number < 0 ? try negative(.integer(number)) : .integer(number) }
      guard let number = value.number else { throw unfit("abs", value) }
      return .float(number.magnitude)
    case "int":
      let given = try call.bind("default", "base")
      return try whole(value, base: try given[1].integer("base", or: 10)) ?? given[0] ?? .integer(0)
    case "float":
      let given = try call.bind("default")
      if let number = value.number { return .float(number) }
      return value.string.flatMap(PythonNumbers.float).map { .float($0) } ?? given[0] ?? .float(0)
    default: return try round(value, call)
    }
  }

  private func whole(_ value: TemplateValue, base: Int) throws(Fault) -> TemplateValue? {
    if let number = value.integer { return .integer(number) }
    if let text = value.string, let number = PythonNumbers.integer(text, base: base) { return .integer(number) }
    guard let number = value.number ?? value.string.flatMap(PythonNumbers.float) else { return nil }
    return Int(exactly: number.rounded(.towardZero)).map { .integer($0) }
  }

  private func round(_ value: TemplateValue, _ call: CallArguments) throws(Fault) -> TemplateValue {
    let given = try call.bind("precision", "method")
    let precision = min(max(try given[0].integer("precision", or: 0), -400), PythonNumbers.maximumPrecision)
    let method = try given[1].text("method", or: "common")
    guard let number = value.number else { throw unfit("round", value) }
    let scale = PythonNumbers.power(10, Double(precision))
    switch method {
    case "ceil": return .float((number * scale).rounded(.up) / scale)
    case "floor": return .float((number * scale).rounded(.down) / scale)
    case "common": break
    default: throw Fault("\"round\" knows the methods \"common\", \"ceil\" and \"floor\"")
    }
    if value.integer != nil, precision >= 0 { return .integer(value.integer ?? 0) }
    guard number.isFinite else { return value }
    if precision >= 0 { return .float(Double(PythonNumbers.text(number, "f", precision: precision)) ?? number) }
    let rounded = (number * scale).rounded(.toNearestOrEven) / scale
    return value.integer == nil ? .float(rounded) : .integer(Int(exactly: rounded) ?? 0)
  }
}
