internal import Kernels
internal import Tensors

/// What one model contributes to the tensor: its factors, the ranks between which its differences count, and chance.
struct ModelCut: Sendable {
  var weight: Float
  var scale: Float = 1
  var keep = MagnitudeRank.everything
  var drop = MagnitudeRank.nothing
  /// The factor where no other model takes part, or of the rest of the sum, where the consensus is about that.
  var alone: Float = 1
  var mask: RandomMask?

  /// The cut as it applies to a block.
  func cut(inBlock block: Int, selected: UnsafePointer<UInt16>?) -> DifferenceCut {
    DifferenceCut(
      weight: weight, scale: scale, keepAbove: keep.threshold, keepEqual: keep.equals(inBlock: block),
      dropAbove: drop.threshold, dropEqual: drop.equals(inBlock: block), alone: alone, selected: selected)
  }
}

/// The differences to the base that the models' cuts keep.
struct CutDifferences: Sendable {
  let base: Int
  let models: [Int]
  var cuts: [ModelCut]
  /// The positions that count at all; then chance has no say.
  var positions: SelectedPositions?

  /// Calls `body` with the models' cuts of a block.
  func withCuts(of block: InputBlock, _ body: (_ cuts: [DifferenceCut]) -> Void) {
    let number = block.start / Streaming.blockElements
    if let positions {
      return positions.withBits(of: block) { bits in body(cuts.map { $0.cut(inBlock: number, selected: bits) }) }
    }
    guard cuts.contains(where: { $0.mask != nil }) else {
      return body(cuts.map { $0.cut(inBlock: number, selected: nil) })
    }
    withUnsafeTemporaryAllocation(of: UInt16.self, capacity: max(1, cuts.count * BlockBits.words)) { room in
      guard let first = room.baseAddress else { return }
      body(
        cuts.indices.map { place in
          let bits = cuts[place].mask?.bits(
            of: block, model: models[place], base: base, room: first + place * BlockBits.words)
          return cuts[place].cut(inBlock: number, selected: bits)
        })
    }
  }
}

/// base + λ·(what the models' kept differences agree on).
struct ElectedDifferences: Combination {
  let differences: CutDifferences
  let rule: SignElection

  var takesBFloat16: Bool { true }

  func combine(_ block: InputBlock, into output: UnsafeMutableBufferPointer<Float>) {
    differences.withCuts(of: block) { cuts in
      block.withAddresses(differences.models) { inputs in
        VectorKernels.best.elect(
          from: block.address(differences.base), inputs, bfloat16: block.isBFloat16, cuts: cuts, rule: rule,
          into: output)
      }
    }
  }
}
