internal import CKernels
internal import Kernels

/// The last norm and the map to the vocabulary, fused with what is wanted of the logits.
///
/// Logits exist for one tile of the vocabulary and one block of rows at a time. Each tile leaves its maximum and its
/// sum of exponentials; the tiles are combined in float64 in the order of the vocabulary.
struct LanguageHead: Sendable {
  let norm: Norm
  let matrix: WeightMatrix
  /// Logits are cap · tanh(logit / cap); none if zero.
  var softCap: Float = 0

  /// The vocabulary of one tile, and the rows that meet it at a time.
  static let tileWidth = 512
  private static let rowsPerBlock = 128
  /// The rows whose summaries are kept at a time.
  private static let rowsPerRound = 1024

  /// What a row of logits comes to.
  struct Outcome: Sendable {
    /// The token of the largest logit, of equal ones the first.
    var best: Int
    /// log Σ exp(logit).
    var logSum: Double
    /// The logits of the tokens asked for.
    var logits: [Float]
  }

  /// Computes the logits of some rows of a pass.
  ///
  /// - Parameter rows: rows of the pass in their order, and for each the tokens whose logits are wanted.
  /// - Throws: ``NotFinite`` if a logit is not finite.
  func apply(_ rows: [(row: Int, tokens: [Int])], pass: Pass) throws -> [Outcome] {
    var outcomes: [Outcome] = []
    outcomes.reserveCapacity(rows.count)
    var start = 0
    while start < rows.count {
      let end = min(rows.count, start + Self.rowsPerRound)
      outcomes += try round(rows[start..<end], pass: pass)
      start = end
    }
    return outcomes
  }

  private func round(_ rows: ArraySlice<(row: Int, tokens: [Int])>, pass: Pass) throws -> [Outcome] {
    let wanted = Array(rows)
    let element = matrix.element
    let hidden = matrix.inputs
    let input = UnsafeSource(
      try norm.apply(rows: wanted.map(\.row), pass, element))
    let tiles = matrix.tileCount
    // For each row: the summaries of its tiles. Behind them: the logits asked for.
    var firstLogit = [0]
    for (_, tokens) in wanted { firstLogit.append(firstLogit[firstLogit.count - 1] + tokens.count) }
    let summaryBytes = wanted.count * tiles * MemoryLayout<braid_lm_summary>.stride
    let memory = UnsafeSource(pass.workspace.summaries.bytes(summaryBytes + (firstLogit.last ?? 0) * 4))
    let offsets = firstLogit

    let own = ProductRows(
      nextTokens: wanted.prefix { $0.row < pass.productRows.nextTokens }.count, count: wanted.count)
    let blocks = own.blocks(of: Self.rowsPerBlock)
    try pass.team.run(blocks.count * tiles) { lane, item in
      let tile = item % tiles
      let block = blocks[item / tiles]
      let (first, count) = (block.rows.lowerBound, block.rows.count)
      let outputs = matrix.outputs(ofTile: tile)
      let lane = pass.workspace.lanes[lane]
      let logits = lane.first.floats(Pass.paddedRows(count) * outputs.count)
      try block.multiply(
        matrix, tile: tile, input: input.pointer + first * hidden * element.byteCount, output: logits,
        outputStride: outputs.count, scratch: lane.product)
      if softCap > 0 { braid_lm_soft_cap(logits, count * outputs.count, softCap) }
      let summaries = UnsafeMutablePointer(mutating: memory.pointer.assumingMemoryBound(to: braid_lm_summary.self))
      let kept = UnsafeMutablePointer(
        mutating: (memory.pointer + summaryBytes).assumingMemoryBound(to: Float.self))
      for row in first..<first + count {
        let values = logits + (row - first) * outputs.count
        braid_lm_summarize(values, outputs.count, summaries + row * tiles + tile)
        for (index, token) in wanted[row].tokens.enumerated() where outputs.contains(token) {
          kept[offsets[row] + index] = values[token - outputs.lowerBound]
        }
      }
    }
    let summaries = memory.pointer.assumingMemoryBound(to: braid_lm_summary.self)
    let kept = (memory.pointer + summaryBytes).assumingMemoryBound(to: Float.self)
    return try wanted.indices.map { row in
      let logits = (offsets[row]..<offsets[row + 1]).map { kept[$0] }
      return try combine(summaries + row * tiles, logits: logits, row: wanted[row].row)
    }
  }

  private func combine(
    _ tiles: UnsafePointer<braid_lm_summary>, logits: [Float], row: Int
  ) throws -> Outcome {
    var maximum = -Float.infinity
    var best = 0
    for tile in 0..<matrix.tileCount {
      guard tiles[tile].finite != 0 else { throw NotFinite(row: row, place: "the logits") }
      if tiles[tile].maximum > maximum {
        maximum = tiles[tile].maximum
        best = matrix.outputs(ofTile: tile).lowerBound + Int(tiles[tile].first_maximum)
      }
    }
    var sum = 0.0
    for tile in 0..<matrix.tileCount {
      sum += tiles[tile].sum * exponential(Double(tiles[tile].maximum) - Double(maximum))
    }
    return Outcome(best: best, logSum: Double(maximum) + logarithm(sum), logits: logits)
  }
}
