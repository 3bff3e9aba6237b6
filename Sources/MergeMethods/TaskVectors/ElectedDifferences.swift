internal import Kernels
internal import Tensors

/// What one model contributes to the tensor: its factors and the ranks between which its differences count.
struct ModelCut: Sendable {
  var weight: Float
  var scale: Float
  var keep: MagnitudeRank
  var drop: MagnitudeRank
  /// The factor where no other model takes part, where the consensus is about that.
  var alone: Float = 1

  /// The cut as it applies to one block.
  func cut(inBlock block: Int) -> DifferenceCut {
    DifferenceCut(
      weight: weight, scale: scale, keepAbove: keep.threshold, keepEqual: keep.equals(inBlock: block),
      dropAbove: drop.threshold, dropEqual: drop.equals(inBlock: block), alone: alone)
  }
}

/// base + λ·(what the models' kept differences agree on).
struct ElectedDifferences: Combination {
  let base: Int
  let models: [Int]
  let cuts: [ModelCut]
  let rule: SignElection

  // Blocks are computed from what is stored; the one in which a tie is split is converted first.
  var takesBFloat16: Bool { rule.consensus == .sum && models.count <= 4 }

  func combine(_ block: InputBlock, into output: UnsafeMutableBufferPointer<Float>) {
    let number = block.start / Streaming.blockElements
    let cuts = cuts.map { $0.cut(inBlock: number) }
    guard let stored = block.bfloat16 else { return elect(block, cuts, into: output) }
    let done = withUnsafeTemporaryAllocation(of: UnsafePointer<UInt16>.self, capacity: models.count) { pointers in
      for (place, input) in models.enumerated() { pointers.initializeElement(at: place, to: stored[input]) }
      return VectorKernels.best.elect(
        fromBFloat16: stored[base], UnsafeBufferPointer(pointers), cuts: cuts, rule: rule, into: output)
    }
    if done < block.count { block.withConverted { elect($0, cuts, into: output) } }
  }

  private func elect(
    _ block: InputBlock, _ cuts: [DifferenceCut], into output: UnsafeMutableBufferPointer<Float>
  ) {
    block.withInputs(models) { inputs in
      VectorKernels.best.elect(from: block.inputs[base], inputs, cuts: cuts, rule: rule, into: output)
    }
  }
}

extension InputBlock {
  /// The block in float32, if it has bfloat16.
  fileprivate func withConverted(_ body: (InputBlock) -> Void) {
    guard let stored = bfloat16 else { return body(self) }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: stored.count * count) { floats in
      guard let first = floats.baseAddress else { return }
      let pointers = stored.indices.map { input in
        VectorKernels.best.toFloat32(from: stored[input], dtype: .bfloat16, count: count, into: first + input * count)
        return UnsafePointer(first + input * count)
      }
      pointers.withUnsafeBufferPointer { body(InputBlock(inputs: $0, count: count, start: start)) }
    }
  }
}

/// Adds up the magnitudes of all and of the kept differences, so that sparsifying leaves the L1 norm as it was.
final class RescaleSurvey: Survey, @unchecked Sendable {
  // Each block has its own places in `partials`, so workers never write to the same one.
  private let base: Int
  private let models: [Int]
  private let cuts: [ModelCut]
  private let masks: [RandomMask?]
  private let partials: UnsafeMutableBufferPointer<(all: Double, kept: Double)>

  init(base: Int, models: [Int], cuts: [ModelCut], masks: [RandomMask?] = [], elements: Int) {
    self.masks = masks
    self.base = base
    self.models = models
    self.cuts = cuts
    let blocks = (elements + Streaming.blockElements - 1) / Streaming.blockElements
    partials = .allocate(capacity: blocks * models.count)
    partials.initialize(repeating: (0, 0))
  }

  deinit { partials.deallocate() }

  func makeLocal() -> AnyObject { self }

  func observe(_ block: InputBlock, into local: AnyObject) {
    let number = block.start / Streaming.blockElements
    if !masks.isEmpty {
      let all = sums(of: block)
      block.withThinned(base: base, models, masks) { thinned in
        for (place, kept) in sums(of: thinned).enumerated() {
          partials[number * models.count + place] = (all[place].all, kept.kept)
        }
      }
      return
    }
    for (place, sum) in sums(of: block).enumerated() { partials[number * models.count + place] = sum }
  }

  private func sums(of block: InputBlock) -> [(all: Double, kept: Double)] {
    let number = block.start / Streaming.blockElements
    return models.enumerated().map { place, model in
      VectorKernels.best.sumMagnitudes(
        block.inputs[model], base: block.inputs[base], count: block.count, cut: cuts[place].cut(inBlock: number))
    }
  }

  func merge(_ local: AnyObject) {}

  /// The factor Σ|δ| ∕ Σ|kept δ| of a model; 1 where either sum is next to nothing.
  func scale(of index: Int) -> Float {
    var all = 0.0
    var kept = 0.0
    for place in stride(from: index, to: partials.count, by: models.count) {
      all += partials[place].all
      kept += partials[place].kept
    }
    return all < 1e-7 || kept < 1e-7 ? 1 : Float(all / kept)
  }
}
