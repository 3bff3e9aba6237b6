/// Whether a merge method has a use for a base model.
public enum BaseRole: String, Sendable, Hashable, Codable {
  /// The base is one more input, or of no use.
  case unused
  case optional
  /// The method works on differences to the base, or from the base to another model.
  case required
}

/// What a method's output must satisfy for every input; the contract suite checks each law that a method claims.
public enum MethodLaw: String, Sendable, Hashable, CaseIterable, Codable {
  /// Merging a model with itself gives it back.
  case idempotent
  /// Permuting the models with their parameters changes nothing beyond rounding.
  case symmetric
  /// Extreme parameter values give back one of the inputs.
  case endPoints
  /// Scaling all models scales the result.
  case homogeneous
}

/// One parameter of a method as users meet it: in specs, in error messages, in `braid methods`, in the README.
public struct ParameterDescription: Sendable, Hashable {
  /// What values are allowed.
  public enum Kind: Sendable, Hashable {
    /// A number, within a range if there is one.
    case number(ClosedRange<Double>?)
    /// True or false; 1 and 0 are understood too.
    case flag
    /// One of these words; its place among them stands for it.
    case choice([String])
  }

  /// For what a value holds.
  public enum Scope: String, Sendable, Hashable {
    /// One value for the tensor.
    case global
    /// One value for each model.
    case perModel
  }

  /// The name in a spec.
  public let name: String
  /// What values are allowed.
  public let kind: Kind
  /// For what a value holds.
  public let scope: Scope
  /// The value if the spec gives none (flags: 1 or 0; words: their place); nil where there is no value then.
  public let defaultValue: Double?
  /// Whether a spec must give it.
  public let isRequired: Bool
  /// What it does, in one sentence.
  public let summary: String

  /// The allowed values in words: `a number from 0 to 1`.
  public var allowed: String {
    switch kind {
    case .flag: return "true or false"
    case .choice(let words): return "one of " + words.joined(separator: ", ")
    case .number(nil): return "a number"
    case .number(let range?):
      func text(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
      }
      if range.upperBound == .greatestFiniteMagnitude { return "a number of at least \(text(range.lowerBound))" }
      return "a number from \(text(range.lowerBound)) to \(text(range.upperBound))"
    }
  }

  /// The words to choose from, if the value is one of several.
  public var choices: [String]? {
    if case .choice(let words) = kind { words } else { nil }
  }

  /// A value as a spec would have it: `true`, `0.5`, `paper`.
  public func text(of value: Double) -> String {
    switch kind {
    case .flag: return value == 0 ? "false" : "true"
    case .choice(let words):
      return words.indices.first { Double($0) == value }.map { words[$0] } ?? "\(value)"
    case .number:
      return value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
    }
  }

  /// Whether a value lies in the allowed range.
  public func allows(_ value: Double) -> Bool {
    switch kind {
    case .flag: value == 0 || value == 1
    case .choice(let words): words.indices.contains { Double($0) == value }
    case .number(let range): value.isFinite && range?.contains(value) ?? true
    }
  }
}

/// The parameters of a method for one tensor, after precedence, filters and gradients; flags are 1 or 0, and a word
/// is its place among those to choose from.
public struct ResolvedParameters: Sendable, Hashable {
  /// Values that hold for the tensor.
  public var global: [String: Double]
  /// Values for each input, parallel to the inputs of the step.
  public var perInput: [[String: Double]]

  /// Collects resolved values.
  public init(global: [String: Double] = [:], perInput: [[String: Double]]) {
    self.global = global
    self.perInput = perInput
  }
}

/// Everything about a merge method that does not depend on its Swift type; its entry in the catalogue.
public struct MethodDescription: Sendable {
  /// The name in a spec: `task_arithmetic`.
  public let name: String
  /// The name in prose: `Task arithmetic`.
  public let title: String
  /// What it does and when to use it, in a sentence or two.
  public let summary: String
  /// The arithmetic, in plain text.
  public let formula: String
  /// Where it comes from.
  public let reference: String
  /// How many tensors it merges, the base among them.
  public let inputs: ClosedRange<Int>
  /// What it does with a base model.
  public let base: BaseRole
  /// Its parameters in the order in which they are documented.
  public let parameters: [ParameterDescription]
  /// What it promises.
  public let laws: Set<MethodLaw>
  /// Where it differs from mergekit, and why; one sentence each.
  public let deviations: [String]
  /// Whether the result depends on the seed of the spec.
  public let drawsAtRandom: Bool
  /// Builds the method for one tensor; absent parameters take their defaults.
  public let make: @Sendable (ResolvedParameters) throws(MergeMethodError) -> any MergeMethod
}

/// A request that a method cannot carry out.
public struct MergeMethodError: Error, Hashable, CustomStringConvertible {
  /// What is wrong, in one sentence.
  public var description: String

  /// Makes an error.
  public init(_ description: String) { self.description = description }
}
