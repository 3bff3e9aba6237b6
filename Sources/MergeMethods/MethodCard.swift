/// Ties each stored property of a method to the name, range and sentence under which users know it.
///
/// Decoding, error messages, `braid methods`, the README table and a search space all come from the card; there is
/// no second list.
struct MethodCard<Method: MergeMethod>: Sendable {
  var name: String
  var title: String
  var summary: String
  var formula: String
  var reference: String
  var inputs: ClosedRange<Int>
  var base: BaseRole
  var parameters: [Parameter<Method>]
  var laws: Set<MethodLaw>
  var deviations: [String] = []
  var drawsAtRandom = false

  /// The card without its type, with `start` as the values before the spec's are applied.
  func described(startingFrom start: Method) -> MethodDescription {
    MethodDescription(
      name: name, title: title, summary: summary, formula: formula, reference: reference, inputs: inputs, base: base,
      parameters: parameters.map(\.description), laws: laws,
      deviations: deviations == [Deviations.absent] ? deviations : deviations + [Deviations.precision],
      drawsAtRandom: drawsAtRandom,
      make: { values throws(MergeMethodError) in
        var method = start
        for parameter in parameters { try parameter.set(values, &method) }
        return method
      })
  }
}

/// One stored property of a method and what users know it as.
struct Parameter<Method: MergeMethod>: Sendable {
  var description: ParameterDescription
  var set: @Sendable (ResolvedParameters, inout Method) throws(MergeMethodError) -> Void

  /// A number for the tensor.
  static func number(
    _ name: String, _ path: any WritableKeyPath<Method, Double> & Sendable, in range: ClosedRange<Double>? = nil,
    default value: Double? = nil, _ summary: String
  ) -> Parameter {
    let description = ParameterDescription(
      name: name, kind: .number(range), scope: .global, defaultValue: value, isRequired: value == nil, summary: summary)
    return Parameter(description: description) { values, method throws(MergeMethodError) in
      if let given = try description.value(in: values.global) { method[keyPath: path] = given }
    }
  }

  /// A truth value for the tensor.
  static func flag(
    _ name: String, _ path: any WritableKeyPath<Method, Bool> & Sendable, default value: Bool, _ summary: String
  ) -> Parameter {
    let description = ParameterDescription(
      name: name, kind: .flag, scope: .global, defaultValue: value ? 1 : 0, isRequired: false, summary: summary)
    return Parameter(description: description) { values, method throws(MergeMethodError) in
      if let given = try description.value(in: values.global) { method[keyPath: path] = given != 0 }
    }
  }

  /// A truth value that has a meaning of its own where a spec does not give it.
  static func settable(
    _ name: String, default value: Bool, _ summary: String, set: @escaping @Sendable (inout Method, Bool?) -> Void
  ) -> Parameter {
    let description = ParameterDescription(
      name: name, kind: .flag, scope: .global, defaultValue: value ? 1 : 0, isRequired: false, summary: summary)
    return Parameter(description: description) { values, method throws(MergeMethodError) in
      let given = values.global[name] == nil ? nil : try description.value(in: values.global)
      set(&method, given.map { $0 != 0 })
    }
  }

  /// One of several words, known to the method by its number.
  static func choice(
    _ name: String, of words: [String], default value: Int, _ summary: String,
    set: @escaping @Sendable (inout Method, Int) -> Void
  ) -> Parameter {
    let description = ParameterDescription(
      name: name, kind: .choice(words), scope: .global, defaultValue: Double(value), isRequired: false,
      summary: summary)
    return Parameter(description: description) { values, method throws(MergeMethodError) in
      if let given = try description.value(in: values.global) { set(&method, Int(given)) }
    }
  }

  /// A truth value that specs may carry but that changes no number.
  static func withoutEffect(_ name: String, _ summary: String) -> Parameter {
    let description = ParameterDescription(
      name: name, kind: .flag, scope: .global, defaultValue: 0, isRequired: false, summary: summary)
    return Parameter(description: description) { _, _ in }
  }

  /// A number for each model; `required` ones have no default, and inputs without a value get NaN.
  static func perModel(
    _ name: String, _ path: any WritableKeyPath<Method, [Double]> & Sendable, in range: ClosedRange<Double>? = nil,
    default value: Double? = nil, required: Bool = false, _ summary: String
  ) -> Parameter {
    let description = ParameterDescription(
      name: name, kind: .number(range), scope: .perModel, defaultValue: value, isRequired: required, summary: summary)
    return Parameter(description: description) { values, method throws(MergeMethodError) in
      var list: [Double] = []
      for input in values.perInput { list.append(try description.value(in: input) ?? .nan) }
      method[keyPath: path] = list
    }
  }
}

extension ParameterDescription {
  /// The value given for this parameter, or its default.
  func value(in values: [String: Double]) throws(MergeMethodError) -> Double? {
    guard let given = values[name] else { return defaultValue }
    guard allows(given) else { throw MergeMethodError("\(name) must be \(allowed), not \(given)") }
    return given
  }
}
