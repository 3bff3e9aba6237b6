internal import CKernels
public import Tensors

/// The weights of a linear map from `inputs` to `outputs` values, W[outputs, inputs], as checkpoints store them.
///
/// They are multiplied where they lie, in a mapped file if it has the right type, so that a model is ready as soon as
/// its files are open. Outputs are cut into tiles, the units of parallel work; their width never depends on the number
/// of threads, and so neither do the results.
///
/// Unchecked: memory of its own is written before the matrix is used, and only read afterwards.
public struct WeightMatrix: @unchecked Sendable {
  /// How many values come out.
  public let outputs: Int
  /// How many values go in.
  public let inputs: Int
  /// The type of the weights, and of the rows they are multiplied with.
  public let element: MatrixElement
  /// The outputs of each tile but the last.
  public let tileWidth: Int
  private let weights: UnsafeRawPointer
  /// Keeps the weights where they are.
  private let owner: AnyObject
  private let products: MatrixProducts

  /// Takes weights that are there already.
  ///
  /// - Parameters:
  ///   - weights: `outputs * inputs` elements of the type, at a multiple of an element's size.
  ///   - owner: keeps them there.
  ///   - products: the products that were prepared for other matrices.
  public init(
    _ weights: UnsafeRawPointer, owner: AnyObject, outputs: Int, inputs: Int, element: MatrixElement,
    tileWidth: Int? = nil, products: MatrixProducts
  ) {
    self.outputs = outputs
    self.inputs = inputs
    self.element = element
    // Narrow enough to share the work of small matrices, wide enough to keep a core busy.
    self.tileWidth = min(outputs, tileWidth ?? (outputs < 2048 ? 128 : 256))
    self.weights = weights
    self.owner = owner
    self.products = products
  }

  /// Reserves memory for weights that are not there in the right type and order; they are filled in before any use.
  public init(outputs: Int, inputs: Int, element: MatrixElement, tileWidth: Int? = nil, products: MatrixProducts) {
    let memory = AlignedMemory(byteCount: outputs * inputs * element.byteCount)
    self.init(
      UnsafeRawPointer(memory.address), owner: memory, outputs: outputs, inputs: inputs, element: element,
      tileWidth: tileWidth, products: products)
  }

  /// How many tiles there are.
  public var tileCount: Int { (outputs + tileWidth - 1) / tileWidth }

  /// The outputs of a tile.
  public func outputs(ofTile tile: Int) -> Range<Int> { tile * tileWidth..<min(outputs, (tile + 1) * tileWidth) }

  /// Fills in the weights of some outputs of a matrix with memory of its own.
  ///
  /// - Parameter rows: the outputs' rows of W, of type `dtype`, at any address.
  public func fill(_ outputs: Range<Int>, from rows: UnsafeRawPointer, dtype: DType, scratch: ScratchMemory) {
    guard let place = place(of: outputs) else { return }
    let count = outputs.count * inputs
    if dtype == element.dtype { return place.copyMemory(from: rows, byteCount: count * dtype.byteCount) }
    // Conversions want their elements aligned; the copy for that lies behind the converted ones.
    let isAligned = UInt(bitPattern: rows) % UInt(dtype.byteCount) == 0
    let converted = scratch.floats(count + (isAligned ? 0 : (count * dtype.byteCount + 3) / 4))
    var source = rows
    if !isAligned {
      let copy = UnsafeMutableRawPointer(converted + count)
      copy.copyMemory(from: rows, byteCount: count * dtype.byteCount)
      source = UnsafeRawPointer(copy)
    }
    switch element {
    case .float32:
      VectorKernels.best.toFloat32(
        from: source, dtype: dtype, count: count, into: place.assumingMemoryBound(to: Float.self))
    case .bfloat16:
      VectorKernels.best.toFloat32(from: source, dtype: dtype, count: count, into: converted)
      braid_lm_round(converted, count, place.assumingMemoryBound(to: UInt16.self))
    }
  }

  /// Fills in the weights of some outputs from a matrix that is stored the other way round, [inputs, outputs].
  ///
  /// - Parameters:
  ///   - columns: the first output's element in the first row, at any address.
  ///   - rowStride: bytes from one row to the next.
  public func fill(
    _ outputs: Range<Int>, fromColumns columns: UnsafeRawPointer, rowStride: Int, dtype: DType, scratch: ScratchMemory
  ) {
    guard let place = place(of: outputs) else { return }
    let width = outputs.count
    let floats = scratch.floats(inputs * width + (width * dtype.byteCount + 63) / 64 * 16)
    let copy = UnsafeMutableRawPointer(floats + inputs * width)
    for input in 0..<inputs {
      copy.copyMemory(from: columns + input * rowStride, byteCount: width * dtype.byteCount)
      VectorKernels.best.toFloat32(
        from: UnsafeRawPointer(copy), dtype: dtype, count: width, into: floats + input * width)
    }
    switch element {
    case .float32:
      braid_lm_transpose(floats, inputs, width, place.assumingMemoryBound(to: Float.self), nil, inputs)
    case .bfloat16:
      braid_lm_transpose(floats, inputs, width, nil, place.assumingMemoryBound(to: UInt16.self), inputs)
    }
  }

  /// Where the weights of some outputs go, if the memory is the matrix's own.
  private func place(of outputs: Range<Int>) -> UnsafeMutableRawPointer? {
    (owner as? AlignedMemory).map { $0.address + outputs.lowerBound * inputs * element.byteCount }
  }

  /// The products of many rows with one tile: output[r, o] = Σ input[r, i] W[o, i] for the tile's outputs o.
  ///
  /// A row's results do not depend on the rows beside it; but they are not those of
  /// ``dot(tile:rows:input:output:outputStride:accumulating:)``, whose sums run in another order.
  ///
  /// - Parameters:
  ///   - rows: how many rows; up to seven rows behind them are read as well, see ``paddedRows(_:)``.
  ///   - input: the first row, of type ``element``, rows without gaps.
  ///   - output: where the first row's value for the tile's first output goes.
  public func multiply(
    tile: Int, rows: Int, input: UnsafeRawPointer, output: UnsafeMutablePointer<Float>, outputStride: Int,
    accumulating: Bool = false, scratch: ScratchMemory
  ) throws(MatrixProductError) {
    let outputs = outputs(ofTile: tile)
    let weights = weights + outputs.lowerBound * inputs * element.byteCount
    var shape = MatrixProductShape(
      rows: Self.paddedRows(rows), columns: outputs.count, depth: inputs, element: element)
    let whole = try products.product(shape)
    // oneDNN leaves its best kernels where rows of results have gaps (twice the time, with version 2.6): it writes to
    // rows of its own, which then go to their places.
    let sums = (shape.rows + Self.fewRows) * outputs.count * 4
    let aligned = (sums + 63) / 64 * 64
    let memory = scratch.bytes(aligned + whole.scratchByteCount)
    defer { withExtendedLifetime(scratch) {} }
    let results = memory.assumingMemoryBound(to: Float.self)
    if whole.addsInOneOrder {
      try whole.run(input: input, weights: weights, output: results, scratch: memory + aligned)
    } else {
      var row = 0
      while row < rows {
        shape.rows = Self.pieces.first { $0 <= rows - row } ?? Self.fewRows
        let piece = try products.product(shape)
        try piece.run(
          input: input + row * inputs * element.byteCount, weights: weights, output: results + row * outputs.count,
          scratch: memory + aligned)
        row += shape.rows
      }
    }
    braid_lm_place_rows(results, rows, outputs.count, output, outputStride, accumulating ? 1 : 0)
  }

  /// Numbers of rows at which oneDNN's older kernels give each row the same sums; measured, see the tests of products.
  private static let pieces = [240, 24, fewRows]
  private static let fewRows = 4

  /// The number of rows that a product works on: from eight on a multiple of eight, so that few sizes occur.
  public static func paddedRows(_ rows: Int) -> Int { rows <= 8 ? rows : (rows + 7) / 8 * 8 }

  /// The products of few rows with one tile, at the speed at which the weights are read.
  ///
  /// - Parameters:
  ///   - input: the first row, of type ``element``, rows without gaps.
  ///   - output: where the first row's value for the tile's first output goes.
  public func dot(
    tile: Int, rows: Int, input: UnsafeRawPointer, output: UnsafeMutablePointer<Float>, outputStride: Int,
    accumulating: Bool = false
  ) {
    let outputs = outputs(ofTile: tile)
    var products = braid_dot_products(
      weights: weights + outputs.lowerBound * inputs * element.byteCount, outputs: outputs.count, inputs: inputs,
      rows: input, row_count: rows, out: output, out_stride: outputStride,
      accumulates: accumulating ? 1 : 0)
    switch element {
    case .float32: braid_dot_products_float32(&products)
    case .bfloat16: braid_dot_products_bfloat16(&products)
    }
  }
}
