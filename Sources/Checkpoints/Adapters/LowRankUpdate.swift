internal import Documents
internal import Kernels
internal import Tensors

/// What a LoRA adapter adds to a matrix: scale · L R, where L has one row for each row of the matrix.
struct LowRankUpdate: Sendable {
  let left: LowRankFactor
  let right: LowRankFactor
  let scale: Float

  /// Ranks that are added up before their sum is scaled and added: a part of the result's definition, as any order of
  /// adding is, and few enough for both panels to stay near the processor.
  private static let rankCount = 128

  /// Adds the update to a tile of the matrix.
  ///
  /// - Parameters:
  ///   - tile: its rows without gaps, as float32.
  ///   - rows: the rows, counted in the matrix of the expert.
  func add(
    to tile: UnsafeMutablePointer<Float>, rows: Range<Int>, columns: Range<Int>, expert: Int,
    from adapter: any TensorSource, panels: Panels
  ) throws {
    for start in stride(from: 0, to: left.rank, by: Self.rankCount) {
      let ranks = start..<min(start + Self.rankCount, left.rank)
      let leftPanel = panels.left.floats(rows.count * ranks.count)
      try left.read(ranks: ranks, others: rows, expert: expert, .ranksLast, from: adapter, into: leftPanel)
      let rightPanel = panels.right.floats(ranks.count * columns.count)
      try right.read(ranks: ranks, others: columns, expert: expert, .ranksFirst, from: adapter, into: rightPanel)
      VectorKernels.best.addProduct(
        of: leftPanel, and: rightPanel, rows: rows.count, depth: ranks.count, columns: columns.count, scale: scale,
        to: tile,
        stride: columns.count)
    }
  }

  /// Memory for the panels of one reader, used again from tile to tile.
  struct Panels {
    let left = ScratchMemory()
    let right = ScratchMemory()
  }
}
