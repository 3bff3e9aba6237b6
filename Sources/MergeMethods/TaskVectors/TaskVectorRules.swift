internal import Kernels
internal import Tensors

/// What is kept of a task vector before it is combined with others.
enum Sparsifier: Sendable, Hashable {
  /// All of it.
  case none
  /// The share `density` of its elements with the largest magnitudes.
  case magnitude
  /// The share `density` that is left when the share `gamma` of largest magnitudes, and then the smallest, are cut off.
  case magnitudeOutliers
  /// Each element with the chance `density`.
  case random
  /// Each element with a chance that grows with its rank in its row, from `density − epsilon` to `density + epsilon`.
  case randomByMagnitude

  /// Whether chance decides.
  var isRandom: Bool { self == .random || self == .randomByMagnitude }
}

/// Whose reading of a method's paper is followed where implementations differ.
enum Dialect: Int, Sendable, Hashable, CaseIterable {
  /// Differences elect a sign before they are weighted, a draw goes to the sign that most positions have, and the result
  /// is the weighted mean of those that agree; random masks are made up for by dividing by the density.
  case paper
  /// Weighted differences elect, a draw is positive, and the divisor is the sum of the weights that agree; random masks
  /// are made up for by keeping the sum of magnitudes.
  case mergekit
  /// Differences elect before they are weighted, a draw is positive, and the divisor is the number of those that agree;
  /// random masks are made up for by dividing by the density.
  case peft

  /// The dialects' names, in the order of their numbers.
  static let names = ["paper", "mergekit", "peft"]
}

/// The rules of a sparsify–elect–combine merge on task vectors; methods of that family are presets of it.
struct TaskVectorRules: Sendable, Hashable {
  /// One factor per input; the base's is not looked at.
  var weight: [Double] = []
  /// The share of elements to keep, per input.
  var density: [Double] = []
  /// The share of largest elements to drop, per input.
  var gamma: [Double] = []
  /// How far chances depart from the density, per input.
  var epsilon: [Double] = []
  /// Whether to divide by what took part; nil leaves that to the dialect.
  var normalize: Bool?
  /// What mergekit does about it by default.
  var normalizesByDefault = false
  var rescale = false
  var lambda = 1.0
  var sparsifier = Sparsifier.none
  var consensus = SignElection.Consensus.none
  var dialect = Dialect.mergekit

  /// The merge of one tensor under these rules.
  func begin(_ task: MergeTask) throws(MergeMethodError) -> any TensorMerge {
    let (base, models) = try task.baseAndModels()
    if sparsifier == .randomByMagnitude { try checkChances(of: models.filter { density[$0] < 1 }) }
    return TaskVectorMerge(rules: self, task: task, base: base, models: models)
  }

  private func checkChances(of models: [Int]) throws(MergeMethodError) {
    for model in models where density[model] > 0 {
      guard density[model] - epsilon[model] > 0, density[model] + epsilon[model] < 1 else {
        throw MergeMethodError(
          "density and epsilon must leave chances between 0 and 1, not \(density[model]) ± \(epsilon[model])")
      }
    }
  }

  /// Whether the result is divided by what took part.
  var normalizes: Bool {
    normalize ?? (dialect == .mergekit || consensus == .none ? normalizesByDefault : true)
  }

  /// Whether a random mask is made up for by dividing by the density, which needs no sums.
  var dividesByDensity: Bool { rescale && sparsifier == .random && dialect != .mergekit }

  /// Whether a draw goes to the sign that most positions of the tensor have.
  var drawsGoToMajority: Bool { dialect == .paper && consensus == .sum }

  /// The election among the models.
  ///
  /// - Parameter drawIsNegative: whether a draw elects minus.
  func election(drawIsNegative: Bool) -> SignElection {
    SignElection(
      consensus: consensus, isUnweighted: consensus != .none && dialect != .mergekit, drawIsNegative: drawIsNegative,
      divisor: normalizes ? (consensus != .none && dialect == .peft ? .number : .weights) : .one,
      lambda: Float(lambda))
  }
}
