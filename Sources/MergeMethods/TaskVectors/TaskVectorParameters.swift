internal import Kernels

/// A method that is a preset of the sparsify–elect–combine mechanism.
protocol TaskVectorMethod: MergeMethod {
  var rules: TaskVectorRules { get set }
}

extension TaskVectorMethod {
  func begin(_ task: MergeTask) throws(MergeMethodError) -> any TensorMerge { try rules.begin(task) }
}

extension Parameter where Method: TaskVectorMethod {
  static var weight: Parameter {
    .perModel("weight", \.rules.weight, required: true, "The factor of the model's difference to the base.")
  }

  static var density: Parameter {
    .perModel(
      "density", \.rules.density, in: 0...1, default: 1, "The share of the difference's elements to keep; 1 keeps all.")
  }

  static var gamma: Parameter {
    .perModel(
      "gamma", \.rules.gamma, in: 0...1, default: 0.01, "The share of largest differences to drop as outliers.")
  }

  static var epsilon: Parameter {
    .perModel(
      "epsilon", \.rules.epsilon, in: 0...1, default: 0.15,
      "How far the chance to be kept goes below the density for the smallest difference of a row, and above it for the largest."
    )
  }

  static func normalize(default value: Bool) -> Parameter {
    .settable(
      "normalize", default: value,
      "Whether to divide by the weights that took part; dialects other than mergekit's divide after an election unless this is false."
    ) { method, given in
      method.rules.normalizesByDefault = value
      method.rules.normalize = given
    }
  }

  static func rescale(default value: Bool) -> Parameter {
    .flag(
      "rescale", \.rules.rescale, default: value,
      "Whether to scale what is kept of a difference back to the sum of magnitudes of the whole.")
  }

  static var lambda: Parameter {
    .number(
      "lambda", \.rules.lambda, default: 1, "The factor of the combined difference before it is added to the base.")
  }

  static var consensus: Parameter {
    .choice(
      "consensus", of: ["sum", "count"], default: 0,
      "What elects a sign: the sum of the differences, or the number of models on either side."
    ) { method, choice in
      method.rules.consensus = choice == 0 ? .sum : .count
    }
  }

  static var dialect: Parameter {
    .choice(
      "dialect", of: Dialect.names, default: Dialect.mergekit.rawValue,
      "Whose rule to follow where the paper, mergekit and PEFT differ."
    ) { method, choice in
      method.rules.dialect = Dialect(rawValue: choice) ?? .mergekit
    }
  }

  static var int8Mask: Parameter {
    .withoutEffect("int8_mask", "Saved memory in mergekit; accepted, and changes no number.")
  }
}
