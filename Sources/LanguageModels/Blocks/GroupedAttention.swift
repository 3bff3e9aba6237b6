internal import CKernels
internal import Kernels

/// Attention in which several query heads share a key and value head.
///
/// Query head h uses key head h / (heads / keyHeads); softmax in float32. What differs between families are properties.
struct GroupedAttention: Sendable {
  let heads: Int
  let keyHeads: Int
  let headSize: Int
  let query: Linear
  let key: Linear
  let value: Linear
  let output: Linear
  /// What queries and keys go through before they are rotated: norms of each head, or of all heads as one vector.
  var queryNorm: Norm?
  var keyNorm: Norm?
  /// Which of the model's rotations turns queries and keys, if any.
  var rotation: Int? = 0
  /// What scores are multiplied by.
  var scale: Float
  /// Scores are cap · tanh(score / cap); none if zero.
  var softCap: Float = 0
  /// How many tokens a token sees, itself included; all before it if nil.
  var window: Int?
  /// Whether tokens see only what comes before them.
  var isCausal = true

  init(
    heads: Int, keyHeads: Int, headSize: Int, query: Linear, key: Linear, value: Linear, output: Linear
  ) {
    (self.heads, self.keyHeads, self.headSize) = (heads, keyHeads, headSize)
    (self.query, self.key, self.value, self.output) = (query, key, value, output)
    scale = 1 / Float(headSize).squareRoot()
  }

  /// Reads normalised rows and adds to the stream.
  ///
  /// - Parameter norm: what the result goes through before it is added, if anything.
  func apply(_ input: UnsafeRawPointer, layer: Int, pass: Pass, norm: Norm? = nil) throws {
    let element = query.matrix.element
    let stride = (heads + 2 * keyHeads) * headSize
    let projected = pass.workspace.projected.floats(Pass.paddedRows(pass.rows) * stride)
    try Linear.apply(
      [
        Linear.Target(layer: query, output: projected, stride: stride),
        Linear.Target(layer: key, output: projected + heads * headSize, stride: stride),
        Linear.Target(layer: value, output: projected + (heads + keyHeads) * headSize, stride: stride),
      ], to: input, rows: pass.productRows, pass: pass)
    let rows = UnsafeSource(projected)
    try storeKeys(rows, stride: stride, layer: layer, pass: pass)

    // The normalised rows have served; their buffer takes what attention gives.
    let mixed = UnsafeSource(
      pass.workspace.normed.bytes(Pass.paddedRows(pass.rows) * heads * headSize * element.byteCount))
    let blocks = self.blocks(of: pass)
    try pass.team.run(blocks.count * keyHeads) { lane, item in
      attend(
        blocks[item / keyHeads], keyHead: item % keyHeads, rows: rows, stride: stride, layer: layer,
        into: UnsafeMutableRawPointer(mutating: mixed.pointer), pass: pass, lane: pass.workspace.lanes[lane])
    }
    try output.addToStream(mixed.pointer, pass: pass, norm: norm)
  }

  /// Normalises and rotates queries and keys, and puts keys and values where attention looks for them.
  private func storeKeys(_ rows: UnsafeSource, stride: Int, layer: Int, pass: Pass) throws {
    try pass.team.run(pass.rows, by: 32) { _, range in
      for row in range {
        let number = pass.segmentOfRow[row]
        let segment = pass.segments[number]
        let index = row - pass.firstRows[number]
        let values = rows.floats + row * stride
        let keys = values + heads * headSize
        if let queryNorm { queryNorm.apply(inPlace: values, count: heads * headSize / queryNorm.width) }
        if let keyNorm { keyNorm.apply(inPlace: keys, count: keyHeads * headSize / keyNorm.width) }
        if let rotation {
          // Queries and keys lie side by side.
          segment.rotations[rotation].rotate(
            values, heads: heads + keyHeads, headSize: headSize, position: segment.position + index)
        }
        for head in 0..<keyHeads {
          segment.own.store(
            layer: layer, head: head, token: segment.filled + index, key: keys + head * headSize,
            value: keys + (keyHeads + head) * headSize)
        }
      }
    }
  }

  /// Rows of one segment whose queries are computed together.
  private struct Block: Sendable {
    var segment: Int
    var tokens: Range<Int>
  }

  /// Scores that one block may hold, so that they stay in the core's cache.
  private static let scoresPerBlock = 1 << 17
  private static let queriesPerBlock = 64

  private func blocks(of pass: Pass) -> [Block] {
    let group = heads / keyHeads
    return pass.segments.enumerated().flatMap { number, segment in
      let keys = min(segment.position + segment.tokens.count, (window ?? Int.max / 2) + Self.queriesPerBlock)
      let queries = max(1, min(Self.queriesPerBlock, Self.scoresPerBlock / keys) / group)
      return stride(from: 0, to: segment.tokens.count, by: queries).map {
        Block(segment: number, tokens: $0..<min(segment.tokens.count, $0 + queries))
      }
    }
  }

  private func attend(
    _ block: Block, keyHead: Int, rows: UnsafeSource, stride: Int, layer: Int, into mixed: UnsafeMutableRawPointer,
    pass: Pass, lane: Workspace.Lane
  ) {
    let segment = pass.segments[block.segment]
    let group = heads / keyHeads
    let count = block.tokens.count * group
    let valueStride = segment.own.layout.valueStride
    let last = segment.filled + (isCausal ? block.tokens.upperBound : segment.tokens.count)
    var memories = segment.shared.map { $0.memory.span(layer: layer, head: keyHead, count: $0.count) }
    memories.append(segment.own.span(layer: layer, head: keyHead, count: last))

    // One piece of scratch: what every query sees, the queries, the results.
    let memory = lane.first.floats(2 * count + count * headSize + count * valueStride)
    let from = UnsafeMutableRawPointer(memory).assumingMemoryBound(to: UInt32.self)
    let until = from + count
    let queries = memory + 2 * count
    let results = queries + count * headSize
    let firstRow = pass.firstRows[block.segment]
    for (index, token) in block.tokens.enumerated() {
      let position = segment.position + token
      for member in 0..<group {
        let query = rows.floats + (firstRow + token) * stride + (keyHead * group + member) * headSize
        let place = queries + (index * group + member) * headSize
        for i in 0..<headSize { place[i] = query[i] * scale }
        from[index * group + member] = UInt32(window.map { max(0, position - $0 + 1) } ?? 0)
        until[index * group + member] = UInt32(isCausal ? position + 1 : segment.own.first + last)
      }
    }
    memories.withUnsafeBufferPointer { memories in
      var attention = braid_lm_attention(
        queries: queries, rows: count, width: headSize, value_stride: valueStride, memories: memories.baseAddress,
        memory_count: memories.count, from: from, until: until, soft_cap: softCap, scores: nil, out: results)
      attention.scores = lane.second.floats(count * braid_lm_score_columns(&attention))
      braid_lm_attend(&attention)
    }
    for (index, token) in block.tokens.enumerated() {
      for member in 0..<group {
        let result = results + (index * group + member) * valueStride
        let offset = ((firstRow + token) * heads + keyHead * group + member) * headSize
        switch query.matrix.element {
        case .float32:
          mixed.assumingMemoryBound(to: Float.self).advanced(by: offset).update(from: result, count: headSize)
        case .bfloat16: braid_lm_round(result, headSize, mixed.assumingMemoryBound(to: UInt16.self) + offset)
        }
      }
    }
  }
}
