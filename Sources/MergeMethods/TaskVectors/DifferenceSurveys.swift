internal import Kernels
internal import Tensors

/// Adds up the magnitudes of all and of the kept differences of each model, and if asked for the squares of those that are
/// kept.
final class DifferenceSurvey: Survey, @unchecked Sendable {
  // Each block has its own places in `partials`, so workers never write to the same one.
  private let differences: CutDifferences
  private let isSquared: Bool
  private let partials: UnsafeMutableBufferPointer<MagnitudeSums>

  init(_ differences: CutDifferences, elements: Int, squared: Bool = false) {
    self.differences = differences
    isSquared = squared
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
    differences.withCuts(of: block) { cuts in
      for (place, model) in models.enumerated() {
        partials[row + place] = VectorKernels.best.sumMagnitudes(
          block.address(model), base: block.address(base), bfloat16: block.isBFloat16, count: block.count,
          cut: cuts[place], squared: isSquared)
      }
    }
  }

  func merge(_ local: AnyObject) {}

  /// The sums of the model at a place in the list of models, blocks added in order.
  func sums(of place: Int) -> MagnitudeSums {
    var sums = MagnitudeSums()
    for index in stride(from: place, to: partials.count, by: differences.models.count) {
      sums.add(partials[index])
    }
    return sums
  }

  /// The factor that leaves a model's L1 norm as it was.
  func scale(of place: Int) -> Float { sums(of: place).scale }
}

extension MagnitudeSums {
  /// The factor Σ|δ| ∕ Σ|kept δ|; 1 where either sum is next to nothing.
  var scale: Float { all < 1e-7 || kept < 1e-7 ? 1 : Float(all / kept) }
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
    differences.withCuts(of: block) { cuts in
      local.balance += block.withAddresses(differences.models) { inputs in
        VectorKernels.best.signBalance(
          from: block.address(differences.base), inputs, bfloat16: block.isBFloat16, cuts: cuts, count: block.count)
      }
    }
  }

  func merge(_ local: AnyObject) { balance += (local as? Local)?.balance ?? 0 }
}
