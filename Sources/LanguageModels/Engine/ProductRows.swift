internal import Kernels

/// Rows that are multiplied together: first the next tokens of generations, then all others.
///
/// Next tokens come one for each sequence, so few that reading the weights decides: they go through dot products. All
/// others go through matrix products. Which way a row takes depends on the row alone, never on how many are beside it,
/// and so neither do its results.
struct ProductRows: Sendable {
  /// How many rows in front are next tokens.
  var nextTokens: Int
  /// How many rows there are.
  var count: Int

  /// Rows that are multiplied the same way, in one piece of work.
  struct Block: Sendable {
    let rows: Range<Int>
    let areNextTokens: Bool

    /// The products with one tile of a matrix.
    ///
    /// - Parameters:
    ///   - input: the first row of the block, rows without gaps.
    ///   - output: where its value for the tile's first output goes.
    func multiply(
      _ matrix: WeightMatrix, tile: Int, input: UnsafeRawPointer, output: UnsafeMutablePointer<Float>,
      outputStride: Int, accumulating: Bool = false, scratch: ScratchMemory
    ) throws {
      if areNextTokens {
        matrix.dot(
          tile: tile, rows: rows.count, input: input, output: output, outputStride: outputStride,
          accumulating: accumulating)
      } else {
        try matrix.multiply(
          tile: tile, rows: rows.count, input: input, output: output, outputStride: outputStride,
          accumulating: accumulating, scratch: scratch)
      }
    }
  }

  /// Next tokens of a block: their activations stay in the core's cache while the weights go by.
  private static let nextTokensPerBlock = 64

  /// The rows in blocks, next tokens never with others.
  ///
  /// - Parameter size: the most rows of a block of others.
  func blocks(of size: Int) -> [Block] {
    blocks(0..<nextTokens, by: Self.nextTokensPerBlock, areNextTokens: true)
      + blocks(nextTokens..<count, by: size, areNextTokens: false)
  }

  private func blocks(_ rows: Range<Int>, by size: Int, areNextTokens: Bool) -> [Block] {
    stride(from: rows.lowerBound, to: rows.upperBound, by: size).map {
      Block(rows: $0..<min(rows.upperBound, $0 + size), areNextTokens: areNextTokens)
    }
  }
}
