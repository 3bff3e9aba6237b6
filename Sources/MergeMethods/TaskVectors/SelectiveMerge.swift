internal import Kernels
internal import Tensors

/// Carries out SCE: counts where variances are not zero, finds the rank of the last one to take, adds up squares, elects.
final class SelectiveMerge: TensorMerge {
  private let task: MergeTask
  private let share: Double
  private let variances: Variances
  private var zeros: EqualsSurvey?
  private var selection: MagnitudeSelection?
  private var squares: SquaresSurvey?

  init(task: MergeTask, share: Double) throws(MergeMethodError) {
    guard let base = task.base else {
      throw MergeMethodError("\(task.tensor) has no base model to take differences to")
    }
    let models = (0..<task.inputCount).filter { $0 != base }
    guard models.count <= SignElection.maximumModels else {
      throw MergeMethodError("\(models.count) models at once; at most \(SignElection.maximumModels) can be merged")
    }
    self.task = task
    self.share = share
    variances = Variances(base: base, models: models)
  }

  func nextPass() throws(MergeMethodError) -> MergePass {
    let elements = task.shape.elementCount
    if share < 1, elements > 0, squares == nil {
      guard let zeros else {
        let survey = EqualsSurvey(base: 1, elements: elements, requests: [.init(index: 0, input: 0, pattern: 0)])
        zeros = survey
        return .survey(VarianceSurvey(variances: variances, inner: survey))
      }
      if selection == nil {
        // mergekit multiplies in float32.
        let differing = elements - zeros.counts(of: 0).reduce(0, +)
        let taken = min(differing, Int(Float(differing) * Float(share)))
        var variance = task
        (variance.inputCount, variance.base) = (2, 1)
        selection = MagnitudeSelection(task: variance, base: 1, requests: [.init(input: 0, count: taken)])
      }
      if let survey = selection?.nextSurvey() {
        return .survey(VarianceSurvey(variances: variances, inner: survey))
      }
    }
    let positions = SelectedPositions(variances: variances, rank: selection?.ranks.first)
    guard let squares else {
      let survey = SquaresSurvey(positions: positions, elements: elements)
      squares = survey
      return .survey(survey)
    }
    let cuts = squares.weights.map { ModelCut(weight: Float($0), scale: 1, keep: .everything, drop: .nothing) }
    let rule = SignElection(consensus: .unweightedSum, normalizes: true, lambda: 1)
    return .combine(
      SelectedDifferences(
        positions: positions,
        elected: ElectedDifferences(base: variances.base, models: variances.models, cuts: cuts, rule: rule)))
  }
}

/// The variance of the models' differences, as a block of its own.
struct Variances: Sendable {
  let base: Int
  let models: [Int]

  /// A block of two inputs: the variances, and zeros for their base.
  func withVariances(of block: InputBlock, _ body: (InputBlock) -> Void) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * block.count) { floats in
      floats.initialize(repeating: 0)
      guard let first = floats.baseAddress else { return }
      block.withInputs(models) { inputs in
        VectorKernels.best.varianceOfDifferences(
          from: block.inputs[base], inputs, into: UnsafeMutableBufferPointer(start: first, count: block.count))
      }
      [UnsafePointer(first), UnsafePointer(first + block.count)].withUnsafeBufferPointer {
        body(InputBlock(inputs: $0, count: block.count, start: block.start))
      }
    }
  }
}

/// A survey of variances in place of inputs.
private final class VarianceSurvey: Survey {
  private let variances: Variances
  private let inner: any Survey

  init(variances: Variances, inner: any Survey) {
    self.variances = variances
    self.inner = inner
  }

  var blockStride: Int { inner.blockStride }
  func makeLocal() -> AnyObject { inner.makeLocal() }
  func observe(_ block: InputBlock, into local: AnyObject) {
    variances.withVariances(of: block) { inner.observe($0, into: local) }
  }
  func merge(_ local: AnyObject) { inner.merge(local) }
}

/// The positions whose variance is among the largest; all of them without a rank.
struct SelectedPositions: Sendable {
  let variances: Variances
  let rank: MagnitudeRank?

  /// The block with the base's elements in the models wherever a position is not selected.
  func withSelected(of block: InputBlock, _ body: (InputBlock) -> Void) {
    guard let rank else { return body(block) }
    let models = variances.models
    variances.withVariances(of: block) { variance in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, (models.count + 1) * block.count)) { floats in
        guard let first = floats.baseAddress else { return }
        // What is left of the variances when the smaller ones are cut is the mask: those that are taken are not zero.
        let cut = ModelCut(weight: 1, scale: 1, keep: rank, drop: .nothing)
          .cut(inBlock: block.start / Streaming.blockElements)
        variance.withInputs([0]) { inputs in
          VectorKernels.best.elect(
            from: variance.inputs[1], inputs, cuts: [cut],
            rule: SignElection(consensus: .none, normalizes: false, lambda: 1),
            into: UnsafeMutableBufferPointer(start: first, count: block.count))
        }
        var pointers = Array(block.inputs)
        for (place, model) in models.enumerated() {
          let target = first + (place + 1) * block.count
          VectorKernels.best.choose(
            where: first, block.inputs[model], otherwise: block.inputs[variances.base], count: block.count,
            into: target)
          pointers[model] = UnsafePointer(target)
        }
        pointers.withUnsafeBufferPointer { body(InputBlock(inputs: $0, count: block.count, start: block.start)) }
      }
    }
  }
}

/// Adds up the squares of each model's selected differences.
private final class SquaresSurvey: Survey, @unchecked Sendable {
  // Each block has its own places in `partials`, so workers never write to the same one.
  private let positions: SelectedPositions
  private let partials: UnsafeMutableBufferPointer<Double>
  private let elements: Int

  init(positions: SelectedPositions, elements: Int) {
    self.positions = positions
    self.elements = elements
    let blocks = (elements + Streaming.blockElements - 1) / Streaming.blockElements
    partials = .allocate(capacity: blocks * positions.variances.models.count)
    partials.initialize(repeating: 0)
  }

  deinit { partials.deallocate() }

  func makeLocal() -> AnyObject { self }

  func observe(_ block: InputBlock, into local: AnyObject) {
    let (base, models) = (positions.variances.base, positions.variances.models)
    let row = block.start / Streaming.blockElements * models.count
    positions.withSelected(of: block) { selected in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, block.count)) { difference in
        guard let first = difference.baseAddress else { return }
        for (place, model) in models.enumerated() {
          selected.withInputs([model, base]) { pair in
            VectorKernels.best.combine(
              pair, coefficients: [1, -1], into: UnsafeMutableBufferPointer(start: first, count: block.count))
          }
          partials[row + place] = VectorKernels.best.dot(first, first, count: block.count)
        }
      }
    }
  }

  func merge(_ local: AnyObject) {}

  /// Each model's share of the mean squares; equal ones where those are next to nothing.
  var weights: [Double] {
    let count = positions.variances.models.count
    let means = (0..<count).map { place in
      stride(from: place, to: partials.count, by: count).reduce(0) { $0 + partials[$1] } / Double(max(1, elements))
    }
    let sum = means.reduce(0, +)
    return sum < 1e-6 ? means.map { _ in 1 / Double(count) } : means.map { $0 / sum }
  }
}

/// An election over selected positions.
private struct SelectedDifferences: Combination {
  let positions: SelectedPositions
  let elected: ElectedDifferences

  func combine(_ block: InputBlock, into output: UnsafeMutableBufferPointer<Float>) {
    positions.withSelected(of: block) { elected.combine($0, into: output) }
  }
}
