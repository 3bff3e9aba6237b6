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
  var normalize = false
  var rescale = false
  var lambda = 1.0
  var sparsifier = Sparsifier.none
  var consensus = SignElection.Consensus.none

  /// The merge of one tensor under these rules.
  func begin(_ task: MergeTask) throws(MergeMethodError) -> any TensorMerge {
    guard let base = task.base else {
      throw MergeMethodError("\(task.tensor) has no base model to take differences to")
    }
    let models = (0..<task.inputCount).filter { $0 != base }
    guard models.count <= SignElection.maximumModels else {
      throw MergeMethodError("\(models.count) models at once; at most \(SignElection.maximumModels) can be merged")
    }
    if sparsifier == .random || sparsifier == .randomByMagnitude {
      let thinned = models.filter { density[$0] < 1 }
      if sparsifier == .randomByMagnitude { try checkChances(of: thinned) }
      if !thinned.isEmpty { return ThinnedMerge(rules: self, task: task, base: base, models: models) }
    }
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

  /// The election among the models.
  var election: SignElection {
    SignElection(consensus: consensus, normalizes: normalize, lambda: Float(lambda))
  }
}

/// Carries the rules out: rank surveys if something is sparsified, sums if it is rescaled, then the election.
final class TaskVectorMerge: TensorMerge {
  private let rules: TaskVectorRules
  private let task: MergeTask
  private let base: Int
  private let models: [Int]
  private let selection: MagnitudeSelection?
  /// For each model the place of its requests in the selection: what to keep, and what to drop again.
  private var places: [(keep: Int, drop: Int?)?]
  private var sums: RescaleSurvey?

  init(rules: TaskVectorRules, task: MergeTask, base: Int, models: [Int]) {
    self.rules = rules
    self.task = task
    self.base = base
    self.models = models
    let total = task.shape.elementCount
    var requests: [MagnitudeSelection.Request] = []
    places = []
    for model in models {
      guard [.magnitude, .magnitudeOutliers].contains(rules.sparsifier), rules.density[model] < 1 else {
        places.append(nil)
        continue
      }
      // A density above zero keeps at least one element: mergekit stops with an assertion on such tiny tensors.
      let density = rules.density[model]
      let kept = density > 0 ? max(1, Int(density * Double(total))) : 0
      let dropped =
        rules.sparsifier == .magnitudeOutliers ? min(Int(rules.gamma[model] * Double(total)), total - kept) : 0
      requests.append(.init(input: model, count: min(total, kept + dropped)))
      if dropped > 0 { requests.append(.init(input: model, count: dropped)) }
      places.append((requests.count - (dropped > 0 ? 2 : 1), dropped > 0 ? requests.count - 1 : nil))
    }
    selection = requests.isEmpty ? nil : MagnitudeSelection(task: task, base: base, requests: requests)
  }

  func nextPass() throws(MergeMethodError) -> MergePass {
    if sums == nil, let survey = selection?.nextSurvey() { return .survey(survey) }
    let cuts = models.indices.map { index in
      let ranks = places[index].map { place in
        (
          keep: selection?.ranks[place.keep] ?? .everything,
          drop: place.drop.flatMap { selection?.ranks[$0] } ?? .nothing
        )
      }
      return ModelCut(
        weight: Float(rules.weight[models[index]]), scale: sums?.scale(of: index) ?? 1,
        keep: ranks?.keep ?? .everything, drop: ranks?.drop ?? .nothing)
    }
    if rules.rescale, sums == nil, selection != nil {
      let survey = RescaleSurvey(base: base, models: models, cuts: cuts, elements: task.shape.elementCount)
      sums = survey
      return .survey(survey)
    }
    if rules.consensus == .none, selection == nil { return .combine(differences) }
    return .combine(ElectedDifferences(base: base, models: models, cuts: cuts, rule: rules.election))
  }

  /// Without sparsifier and election the merge is a plain combination of differences.
  private var differences: WeightedDifferences {
    var weights = models.map { rules.weight[$0] }
    let sum = weights.reduce(0, +)
    if rules.normalize, abs(sum) >= 1e-8 { weights = weights.map { $0 / sum } }
    return WeightedDifferences(
      base: base, models: models, coefficients: weights.map(Float.init), lambda: Float(rules.lambda))
  }
}

/// base + λ·Σ cᵢ·(xᵢ − base).
struct WeightedDifferences: Combination {
  let base: Int
  let models: [Int]
  let coefficients: [Float]
  let lambda: Float

  func combine(_ block: InputBlock, into output: UnsafeMutableBufferPointer<Float>) {
    block.withInputs(models) { inputs in
      VectorKernels.best.combineDifferences(
        to: block.inputs[base], inputs, coefficients: coefficients, lambda: lambda, into: output)
    }
  }
}

extension InputBlock {
  /// The pointers of some of the inputs, in the order asked for.
  func withInputs<Result>(
    _ wanted: [Int], _ body: (UnsafeBufferPointer<UnsafePointer<Float>>) -> Result
  ) -> Result {
    withUnsafeTemporaryAllocation(of: UnsafePointer<Float>.self, capacity: max(1, wanted.count)) { pointers in
      for (place, input) in wanted.enumerated() { pointers.initializeElement(at: place, to: inputs[input]) }
      return body(UnsafeBufferPointer(rebasing: pointers[0..<wanted.count]))
    }
  }
}
