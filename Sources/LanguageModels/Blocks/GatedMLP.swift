internal import CKernels
internal import Kernels

/// The feed-forward block of Llama: down(silu(gate(x)) · up(x)), added to the stream.
struct GatedMLP: Sendable {
  let gate: Linear
  let up: Linear
  let down: Linear

  init(_ weights: WeightScope, hidden: Int, intermediate: Int, bias: Bool) throws {
    gate = try weights.linear("gate_proj", from: hidden, to: intermediate, bias: bias)
    up = try weights.linear("up_proj", from: hidden, to: intermediate, bias: bias)
    down = try weights.linear("down_proj", from: intermediate, to: hidden, bias: bias)
  }

  /// Reads normalised rows and adds to the stream.
  func apply(_ input: UnsafeRawPointer, pass: Pass) throws {
    let (hidden, intermediate, element) = (gate.matrix.inputs, gate.matrix.outputs, gate.matrix.element)
    let source = UnsafeSource(input)
    let inner = UnsafeSource(
      pass.workspace.inner.bytes(Pass.paddedRows(pass.rows) * intermediate * element.byteCount))
    let tiles = gate.matrix.tileCount
    let blocks = (pass.rows + Pass.rowsPerBlock - 1) / Pass.rowsPerBlock
    try pass.team.run(blocks * tiles) { lane, item in
      let tile = item % tiles
      let first = item / tiles * Pass.rowsPerBlock
      let count = min(Pass.rowsPerBlock, pass.rows - first)
      let outputs = gate.matrix.outputs(ofTile: tile)
      let lane = pass.workspace.lanes[lane]
      // Both tiles stay in the core's cache until their product is formed.
      let gates = lane.first.floats(Pass.paddedRows(count) * outputs.count)
      let ups = lane.second.floats(Pass.paddedRows(count) * outputs.count)
      for (layer, values) in [(gate, gates), (up, ups)] {
        try layer.matrix.multiply(
          tile: tile, rows: count, input: source.pointer + first * hidden * element.byteCount, inputStride: hidden,
          output: values, outputStride: outputs.count, scratch: lane.product)
        layer.addBias(outputs, to: values, stride: outputs.count, rows: count)
      }
      let place = UnsafeMutableRawPointer(mutating: inner.pointer)
      let offset = first * intermediate + outputs.lowerBound
      switch element {
      case .float32:
        braid_lm_silu_product(
          gates, ups, count, outputs.count, place.assumingMemoryBound(to: Float.self) + offset, nil, intermediate)
      case .bfloat16:
        braid_lm_silu_product(
          gates, ups, count, outputs.count, nil, place.assumingMemoryBound(to: UInt16.self) + offset, intermediate)
      }
    }
    let target = Linear.Target(
      layer: down, output: pass.stream(width: hidden), stride: hidden, accumulating: true)
    try Linear.apply([target], to: inner.pointer, stride: intermediate, rows: pass.rows, pass: pass)
  }
}
