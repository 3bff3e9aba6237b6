internal import CKernels
internal import Kernels

/// Causal attention in which several query heads share a key and value head, with rotary positions.
///
/// Query head h uses key head h / (heads / keyHeads); scores are scaled by 1/√headSize; softmax in float32.
struct GroupedAttention: Sendable {
  let heads: Int
  let keyHeads: Int
  let headSize: Int
  let query: Linear
  let key: Linear
  let value: Linear
  let output: Linear

  init(
    _ weights: WeightScope, hidden: Int, heads: Int, keyHeads: Int, headSize: Int, bias: Bool
  ) throws {
    self.heads = heads
    self.keyHeads = keyHeads
    self.headSize = headSize
    query = try weights.linear("q_proj", from: hidden, to: heads * headSize, bias: bias)
    key = try weights.linear("k_proj", from: hidden, to: keyHeads * headSize, bias: bias)
    value = try weights.linear("v_proj", from: hidden, to: keyHeads * headSize, bias: bias)
    output = try weights.linear("o_proj", from: heads * headSize, to: hidden, bias: bias)
  }

  /// Reads normalised rows and adds to the stream.
  func apply(_ input: UnsafeRawPointer, layer: Int, pass: Pass) throws {
    let hidden = query.matrix.inputs
    let element = query.matrix.element
    let stride = (heads + 2 * keyHeads) * headSize
    let projected = pass.workspace.projected.floats(Pass.paddedRows(pass.rows) * stride)
    try Linear.apply(
      [
        Linear.Target(layer: query, output: projected, stride: stride),
        Linear.Target(layer: key, output: projected + heads * headSize, stride: stride),
        Linear.Target(layer: value, output: projected + (heads + keyHeads) * headSize, stride: stride),
      ], to: input, stride: hidden, rows: pass.rows, pass: pass)
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
    let target = Linear.Target(
      layer: output, output: pass.stream(width: hidden), stride: hidden, accumulating: true)
    try Linear.apply([target], to: mixed.pointer, stride: heads * headSize, rows: pass.rows, pass: pass)
  }

  /// Rotates queries and keys by their positions, and puts keys and values where attention looks for them.
  private func storeKeys(_ rows: UnsafeSource, stride: Int, layer: Int, pass: Pass) throws {
    try pass.team.run(pass.rows, by: 32) { _, range in
      let projected = UnsafeMutablePointer(mutating: rows.pointer.assumingMemoryBound(to: Float.self))
      for row in range {
        let number = pass.segmentOfRow[row]
        let segment = pass.segments[number]
        let index = row - pass.firstRows[number]
        let values = projected + row * stride
        // Queries and keys lie side by side.
        segment.rotations.rotate(
          values, heads: heads + keyHeads, headSize: headSize, position: segment.position + index)
        for head in 0..<keyHeads {
          segment.own.store(
            layer: layer, head: head, token: segment.filled + index, key: values + (heads + head) * headSize,
            value: values + (heads + keyHeads + head) * headSize)
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
      let keys = segment.position + segment.tokens.count
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
    let scale = 1 / Float(headSize).squareRoot()
    let layout = segment.own.layout
    let lanes = Int(BRAID_LM_LANES)
    let ownCount = segment.filled + block.tokens.upperBound
    let sharedCount = segment.shared?.count ?? 0

    // One piece of scratch: what every query sees, the queries, the results.
    let memory = lane.first.floats(count + count * headSize + count * layout.valueStride)
    let visible = UnsafeMutableRawPointer(memory).assumingMemoryBound(to: UInt32.self)
    let queries = memory + count
    let results = queries + count * headSize
    let projected = rows.pointer.assumingMemoryBound(to: Float.self)
    let firstRow = pass.firstRows[block.segment]
    for (index, token) in block.tokens.enumerated() {
      for member in 0..<group {
        let query = projected + (firstRow + token) * stride + (keyHead * group + member) * headSize
        let place = queries + (index * group + member) * headSize
        for i in 0..<headSize { place[i] = query[i] * scale }
        visible[index * group + member] = UInt32(segment.filled + token + 1)
      }
    }
    let keys = (sharedCount + lanes - 1) / lanes * lanes + (ownCount + lanes - 1) / lanes * lanes
    var attention = braid_lm_attention(
      queries: queries, rows: count, width: headSize, value_stride: layout.valueStride,
      shared: braid_lm_memory(panels: nil, values: nil, count: 0),
      own: braid_lm_memory(
        panels: segment.own.keys(layer: layer, head: keyHead), values: segment.own.values(layer: layer, head: keyHead),
        count: ownCount),
      visible: visible, scores: lane.second.floats(count * keys), out: results)
    if let shared = segment.shared {
      attention.shared = braid_lm_memory(
        panels: shared.memory.keys(layer: layer, head: keyHead),
        values: shared.memory.values(layer: layer, head: keyHead), count: shared.count)
    }
    braid_lm_attend(&attention)
    for (index, token) in block.tokens.enumerated() {
      for member in 0..<group {
        let result = results + (index * group + member) * layout.valueStride
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
