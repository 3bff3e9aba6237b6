internal import CKernels
internal import Kernels

/// A linear map with an optional bias: y = x Wᵀ + b.
struct Linear: Sendable {
  let matrix: PackedMatrix
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
    _ targets: [Target], to input: UnsafeRawPointer, stride: Int, rows: Int, pass: Pass
  ) throws {
    let tiles = targets.enumerated().flatMap { number, target in
      (0..<target.layer.matrix.tileCount).map { (target: number, tile: $0) }
    }
    let source = UnsafeSource(input)
    let blocks = (rows + Pass.rowsPerBlock - 1) / Pass.rowsPerBlock
    try pass.team.run(blocks * tiles.count) { lane, item in
      let (target, tile) = (targets[tiles[item % tiles.count].target], tiles[item % tiles.count].tile)
      let first = item / tiles.count * Pass.rowsPerBlock
      let matrix = target.layer.matrix
      let outputs = matrix.outputs(ofTile: tile)
      let output = target.output + first * target.stride + outputs.lowerBound
      let count = min(Pass.rowsPerBlock, rows - first)
      try matrix.multiply(
        tile: tile, rows: count, input: source.pointer + first * stride * matrix.element.byteCount,
        inputStride: stride, output: output, outputStride: target.stride, accumulating: target.accumulating,
        scratch: pass.workspace.lanes[lane].product)
      target.layer.addBias(outputs, to: output, stride: target.stride, rows: count)
    }
  }

  /// The outputs of one tile for some rows, one row behind the other.
  func multiply(
    tile: Int, rows: Int, input: UnsafeRawPointer, inputStride: Int, output: UnsafeMutablePointer<Float>,
    scratch: ScratchMemory
  ) throws {
    let outputs = matrix.outputs(ofTile: tile)
    try matrix.multiply(
      tile: tile, rows: rows, input: input, inputStride: inputStride, output: output, outputStride: outputs.count,
      scratch: scratch)
    addBias(outputs, to: output, stride: outputs.count, rows: rows)
  }

  /// Maps all rows of a pass and adds the result to the stream, through a norm if there is one.
  func addToStream(_ input: UnsafeRawPointer, stride: Int, pass: Pass, norm: Norm?) throws {
    let hidden = matrix.outputs
    let output = norm == nil ? pass.stream(width: hidden) : pass.branch(width: hidden)
    let target = Target(layer: self, output: output, stride: hidden, accumulating: norm == nil)
    try Self.apply([target], to: input, stride: stride, rows: pass.rows, pass: pass)
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
    _ matrix: PackedMatrix, rows: Int, _ body: @Sendable (_ lane: Int, _ rows: Range<Int>, _ tile: Int) throws -> Void
  ) throws {
    let tiles = matrix.tileCount
    let blocks = (rows + Pass.rowsPerBlock - 1) / Pass.rowsPerBlock
    try run(blocks * tiles) { lane, item in
      let first = item / tiles * Pass.rowsPerBlock
      try body(lane, first..<min(rows, first + Pass.rowsPerBlock), item % tiles)
    }
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
