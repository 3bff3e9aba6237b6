internal import Kernels
internal import Tensors

/// Adds up the magnitudes of all and of the kept differences of each model, and the squares of those that are kept.
final class DifferenceSurvey: Survey, @unchecked Sendable {
  // Each block has its own places in `partials`, so workers never write to the same one.
  private let differences: CutDifferences
  private let partials: UnsafeMutableBufferPointer<MagnitudeSums>

  init(_ differences: CutDifferences, elements: Int) {
    self.differences = differences
    let blocks = (elements + Streaming.blockElements - 1) / Streaming.blockElements
    partials = .allocate(capacity: blocks * differences.models.count)
    partials.initialize(repeating: MagnitudeSums())
  }

  deinit { partials.deallocate() }

  var takesBFloat16: Bool { true }

  func makeLocal() -> AnyObject { self }

  func observe(_ block: InputBlock, into local: AnyObject) {
    let (base, models) = (differences.base, differences.models)
    let row = block.start / Streaming.blockElements * models.count
    differences.forEachPiece(of: block) { offset, count, cuts in
      for (place, model) in models.enumerated() {
        let sums = VectorKernels.best.sumMagnitudes(
          block.address(model, at: offset), base: block.address(base, at: offset), bfloat16: block.isBFloat16,
          count: count, cut: cuts[place], first: block.start + offset)
        partials[row + place].all += sums.all
        partials[row + place].kept += sums.kept
        partials[row + place].keptSquares += sums.keptSquares
      }
    }
  }

  func merge(_ local: AnyObject) {}

  /// The sums of the model at a place in the list of models, blocks added in order.
  func sums(of place: Int) -> MagnitudeSums {
    var sums = MagnitudeSums()
    for index in stride(from: place, to: partials.count, by: differences.models.count) {
      sums.all += partials[index].all
      sums.kept += partials[index].kept
      sums.keptSquares += partials[index].keptSquares
    }
    return sums
  }

  /// The factor Σ|δ| ∕ Σ|kept δ| that leaves a model's L1 norm as it was; 1 where either sum is next to nothing.
  func scale(of place: Int) -> Float {
    let sums = sums(of: place)
    return sums.all < 1e-7 || sums.kept < 1e-7 ? 1 : Float(sums.all / sums.kept)
  }
}

/// Counts at how many positions the sum of the kept differences is positive, less those at which it is negative.
final class SignBalanceSurvey: Survey, @unchecked Sendable {
  // `balance` is written by `merge` alone, whose calls never overlap; sums of integers have no order.
  private final class Local {
    var balance = 0
  }

  private let differences: CutDifferences
  private(set) var balance = 0

  init(_ differences: CutDifferences) { self.differences = differences }

  var takesBFloat16: Bool { true }

  func makeLocal() -> AnyObject { Local() }

  func observe(_ block: InputBlock, into local: AnyObject) {
    guard let local = local as? Local else { return }
    differences.forEachPiece(of: block) { offset, count, cuts in
      local.balance += block.withAddresses(differences.models, at: offset) { inputs in
        VectorKernels.best.signBalance(
          from: block.address(differences.base, at: offset), inputs, bfloat16: block.isBFloat16, cuts: cuts,
          first: block.start + offset, count: count)
      }
    }
  }

  func merge(_ local: AnyObject) { balance += (local as? Local)?.balance ?? 0 }
}
