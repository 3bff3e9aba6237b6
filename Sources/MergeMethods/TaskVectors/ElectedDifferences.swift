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

  /// The cut as it applies to a part of a block that lies in one row, if rows matter to it.
  func cut(inBlock block: Int, row: Int, selected: UnsafePointer<Float>?) -> DifferenceCut {
    DifferenceCut(
      weight: weight, scale: scale, keepAbove: keep.threshold, keepEqual: keep.equals(inBlock: block),
      dropAbove: drop.threshold, dropEqual: drop.equals(inBlock: block), alone: alone, draw: mask?.draw(inRow: row),
      selected: selected)
  }
}

/// The differences to the base that the models' cuts keep.
struct CutDifferences: Sendable {
  let base: Int
  let models: [Int]
  var cuts: [ModelCut]
  /// The positions that count at all.
  var positions: SelectedPositions?

  /// Calls `body` with pieces of a block in each of which the models have one cut.
  func forEachPiece(
    of block: InputBlock, _ body: (_ offset: Int, _ count: Int, _ cuts: [DifferenceCut]) -> Void
  ) {
    guard let positions else { return forEachPiece(of: block, selected: nil, body) }
    positions.withMask(of: block) { forEachPiece(of: block, selected: $0, body) }
  }

  private func forEachPiece(
    of block: InputBlock, selected: UnsafePointer<Float>?, _ body: (Int, Int, [DifferenceCut]) -> Void
  ) {
    let number = block.start / Streaming.blockElements
    guard let rowLength = cuts.lazy.compactMap({ $0.mask?.rowLength }).first else {
      return body(0, block.count, cuts.map { $0.cut(inBlock: number, row: 0, selected: selected) })
    }
    block.forEachRowPiece(rowLength: rowLength) { row, offset, count in
      body(offset, count, cuts.map { $0.cut(inBlock: number, row: row, selected: selected.map { $0 + offset }) })
    }
  }
}

/// base + λ·(what the models' kept differences agree on).
struct ElectedDifferences: Combination {
  let differences: CutDifferences
  let rule: SignElection

  var takesBFloat16: Bool { true }

  func combine(_ block: InputBlock, into output: UnsafeMutableBufferPointer<Float>) {
    differences.forEachPiece(of: block) { offset, count, cuts in
      block.withAddresses(differences.models, at: offset) { inputs in
        VectorKernels.best.elect(
          from: block.address(differences.base, at: offset), inputs, bfloat16: block.isBFloat16, cuts: cuts,
          rule: rule, first: block.start + offset, into: output.piece(at: offset, count: count))
      }
    }
  }
}
