internal import CKernels
internal import Kernels

/// A linear map with an optional bias: y = x Wᵀ + b.
struct Linear: Sendable {
  let matrix: WeightMatrix
  let bias: [Float]?

  /// One of several maps of the same input, and where its result goes.
  struct Target: @unchecked Sendable {
    // The pointer belongs to the workspace of the pass.
    var layer: Linear
    var output: UnsafeMutablePointer<Float>
    var stride: Int
    var accumulating = false
  }

  /// Applies maps to rows.
  static func apply(
    _ targets: [Target], to input: UnsafeRawPointer, rows: ProductRows, pass: Pass
  ) throws {
    let tiles = targets.enumerated().flatMap { number, target in
      (0..<target.layer.matrix.tileCount).map { (target: number, tile: $0) }
    }
    let source = UnsafeSource(input)
    let blocks = rows.blocks(of: Pass.rowsPerBlock)
    try pass.team.run(blocks.count * tiles.count) { lane, item in
      let (target, tile) = (targets[tiles[item % tiles.count].target], tiles[item % tiles.count].tile)
      let block = blocks[item / tiles.count]
      let matrix = target.layer.matrix
      let outputs = matrix.outputs(ofTile: tile)
      let output = target.output + block.rows.lowerBound * target.stride + outputs.lowerBound
      try block.multiply(
        matrix, tile: tile, input: source.pointer + block.rows.lowerBound * matrix.inputs * matrix.element.byteCount,
        output: output, outputStride: target.stride, accumulating: target.accumulating,
        scratch: pass.workspace.lanes[lane].product)
      target.layer.addBias(outputs, to: output, stride: target.stride, rows: block.rows.count)
    }
  }

  /// The outputs of one tile for a block of rows, one row behind the other.
  ///
  /// - Parameter input: the row that all blocks are counted from.
  func multiply(
    tile: Int, _ block: ProductRows.Block, input: UnsafeRawPointer, output: UnsafeMutablePointer<Float>,
    scratch: ScratchMemory
  ) throws {
    let outputs = matrix.outputs(ofTile: tile)
    try block.multiply(
      matrix, tile: tile, input: input + block.rows.lowerBound * matrix.inputs * matrix.element.byteCount,
      output: output, outputStride: outputs.count, scratch: scratch)
    addBias(outputs, to: output, stride: outputs.count, rows: block.rows.count)
  }

  /// Maps all rows of a pass and adds the result to the stream, through a norm if there is one.
  func addToStream(_ input: UnsafeRawPointer, pass: Pass, norm: Norm?) throws {
    let hidden = matrix.outputs
    let output = norm == nil ? pass.stream(width: hidden) : pass.branch(width: hidden)
    let target = Target(layer: self, output: output, stride: hidden, accumulating: norm == nil)
    try Self.apply([target], to: input, rows: pass.productRows, pass: pass)
    try norm?.add(output, to: pass)
  }

  private func addBias(_ outputs: Range<Int>, to rows: UnsafeMutablePointer<Float>, stride: Int, rows count: Int) {
    guard let bias else { return }
    bias.withUnsafeBufferPointer { bias in
      guard let base = bias.baseAddress else { return }
      braid_lm_add_bias(rows, stride, base + outputs.lowerBound, count, outputs.count)
    }
  }
}

extension ThreadTeam {
  /// Calls `body` for every block of rows and every tile of a matrix.
  func run(
    _ matrix: WeightMatrix, rows: ProductRows,
    _ body: @Sendable (_ lane: Int, _ block: ProductRows.Block, _ tile: Int) throws -> Void
  ) throws {
    let tiles = matrix.tileCount
    let blocks = rows.blocks(of: Pass.rowsPerBlock)
    try run(blocks.count * tiles) { lane, item in try body(lane, blocks[item / tiles], item % tiles) }
  }
}

/// A buffer that several lanes read.
struct UnsafeSource: @unchecked Sendable {
  // Belongs to the workspace of the pass, and nobody writes to it in the same step.
  let pointer: UnsafeRawPointer
  init(_ pointer: UnsafeRawPointer) { self.pointer = pointer }

  /// The buffer as float32 elements, for lanes that write to rows of their own.
  var floats: UnsafeMutablePointer<Float> {
    UnsafeMutablePointer(mutating: pointer.assumingMemoryBound(to: Float.self))
  }
}
