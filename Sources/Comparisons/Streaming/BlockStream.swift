internal import Kernels
private import Synchronization

/// Adds up sums over the blocks of many tensors with a team of threads.
///
/// A tensor is cut into parts at fixed places. The blocks of a part are added in order by one thread, and the parts of
/// a tensor in order at the end, so the result is the same for any number of threads and any budget.
struct BlockStream {
  let resources: ComparisonResources
  /// Told how many bytes were read since the last call, from any thread.
  let progress: @Sendable (Int) -> Void

  /// Parts of a tensor that one thread reads at a time.
  private struct Piece: Sendable {
    var tensor: Int
    var parts: Range<Int>
  }

  /// The sums over each of the tensors.
  ///
  /// - Parameter measure: the sums over a block of the tensor with this number.
  func sums<Sums: BlockSums>(
    over tensors: [TensorBlocks],
    measure: @escaping @Sendable (_ tensor: Int, _ block: [UnsafePointer<Float>], _ count: Int) -> Sums
  ) throws -> [Sums] {
    let pieces = tensors.indices.flatMap { self.pieces(of: tensors[$0], number: $0) }
    let found = Mutex<[[Sums]]>(Array(repeating: [], count: pieces.count))
    try ThreadTeam(count: resources.threads).share(pieces.count) { _, next in
      let scratch = BlockScratch(inputs: 3)
      while let number = next() {
        let piece = pieces[number]
        let sums = try Self.sums(of: piece, in: tensors[piece.tensor], scratch: scratch) {
          measure(piece.tensor, $0, $1)
        }
        found.withLock { $0[number] = sums }
        progress(Self.range(piece.parts, in: tensors[piece.tensor]).count * tensors[piece.tensor].bytesPerElement)
      }
    }
    var totals = Array(repeating: Sums(), count: tensors.count)
    for (piece, parts) in zip(pieces, found.withLock { $0 }) {
      for part in parts { totals[piece.tensor].add(part) }
    }
    return totals
  }

  private static func sums<Sums: BlockSums>(
    of piece: Piece, in tensor: TensorBlocks, scratch: BlockScratch,
    _ measure: ([UnsafePointer<Float>], Int) -> Sums
  ) throws -> [Sums] {
    var parts = Array(repeating: Sums(), count: piece.parts.count)
    try tensor.forEachBlock(of: range(piece.parts, in: tensor), scratch: scratch) { block, range in
      parts[range.lowerBound / TensorBlocks.partElements - piece.parts.lowerBound].add(measure(block, range.count))
    }
    return parts
  }

  private static func range(_ parts: Range<Int>, in tensor: TensorBlocks) -> Range<Int> {
    let size = TensorBlocks.partElements
    return parts.lowerBound * size..<min(parts.upperBound * size, tensor.elementCount)
  }

  private func pieces(of tensor: TensorBlocks, number: Int) -> [Piece] {
    let parts = (tensor.elementCount + TensorBlocks.partElements - 1) / TensorBlocks.partElements
    let step = tensor.partsAtOnce(resources)
    return stride(from: 0, to: parts, by: step).map {
      Piece(tensor: number, parts: $0..<min($0 + step, parts))
    }
  }
}
