internal import Kernels

/// What follows attention in a layer: it reads normalised rows, and what it makes of them is added to the stream.
protocol FeedForward: Sendable {
  /// Computes all rows of a pass.
  ///
  /// - Parameter norm: what the result goes through before it is added, if anything.
  func apply(_ input: UnsafeRawPointer, pass: Pass, norm: Norm?) throws
}

/// The plain feed-forward block: out(activation(in(x))).
struct PlainMLP: FeedForward {
  let inner: Linear
  let outer: Linear
  let activation: Activation

  func apply(_ input: UnsafeRawPointer, pass: Pass, norm: Norm?) throws {
    let (width, element) = (inner.matrix.outputs, inner.matrix.element)
    let source = UnsafeSource(input)
    let middle = UnsafeSource(pass.workspace.inner.bytes(Pass.paddedRows(pass.rows) * width * element.byteCount))
    try pass.team.run(inner.matrix, rows: pass.productRows) { lane, block, tile in
      let lane = pass.workspace.lanes[lane]
      let outputs = inner.matrix.outputs(ofTile: tile)
      let values = lane.first.floats(Pass.paddedRows(block.rows.count) * outputs.count)
      try inner.multiply(tile: tile, block, input: source.pointer, output: values, scratch: lane.product)
      activation.apply(
        values, nil, rows: block.rows.count, width: outputs.count,
        to: UnsafeMutableRawPointer(mutating: middle.pointer),
        offset: block.rows.lowerBound * width + outputs.lowerBound, stride: width, as: element)
    }
    try outer.addToStream(middle.pointer, pass: pass, norm: norm)
  }
}

/// The gated feed-forward block: down(activation(gate(x)) · up(x)).
struct GatedMLP: FeedForward {
  let gate: Linear
  let up: Linear
  let down: Linear
  let activation: Activation

  func apply(_ input: UnsafeRawPointer, pass: Pass, norm: Norm?) throws {
    let inner = try gated(input, rows: pass.productRows, pass: pass)
    try down.addToStream(inner, pass: pass, norm: norm)
  }

  /// The inner layer of some rows, in the type of the products.
  func gated(_ input: UnsafeRawPointer, rows: ProductRows, pass: Pass) throws -> UnsafeRawPointer {
    let (width, element) = (gate.matrix.outputs, gate.matrix.element)
    let source = UnsafeSource(input)
    let inner = UnsafeSource(pass.workspace.inner.bytes(Pass.paddedRows(rows.count) * width * element.byteCount))
    try pass.team.run(gate.matrix, rows: rows) { lane, block, tile in
      let lane = pass.workspace.lanes[lane]
      let outputs = gate.matrix.outputs(ofTile: tile)
      // Both tiles stay in the core's cache until their product is formed.
      let gates = lane.first.floats(Pass.paddedRows(block.rows.count) * outputs.count)
      let ups = lane.second.floats(Pass.paddedRows(block.rows.count) * outputs.count)
      for (layer, values) in [(gate, gates), (up, ups)] {
        try layer.multiply(tile: tile, block, input: source.pointer, output: values, scratch: lane.product)
      }
      activation.apply(
        gates, ups, rows: block.rows.count, width: outputs.count,
        to: UnsafeMutableRawPointer(mutating: inner.pointer),
        offset: block.rows.lowerBound * width + outputs.lowerBound, stride: width, as: element)
    }
    return inner.pointer
  }
}
