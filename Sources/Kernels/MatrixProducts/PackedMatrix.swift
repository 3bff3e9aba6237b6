internal import CKernels
public import Tensors

/// The weights of a linear map from `inputs` to `outputs` values, laid out for products with many rows.
///
/// A checkpoint stores W[outputs, inputs]. Here the outputs are cut into tiles, and each tile is stored transposed,
/// [inputs, tile], so that oneDNN need not rearrange it, and so that tiles are the units of parallel work: the tile
/// width never depends on the number of threads, and so neither do the results.
///
/// Unchecked: the memory is written by ``pack(tile:from:dtype:scratch:)`` before the matrix is used, and only read
/// afterwards.
public struct PackedMatrix: @unchecked Sendable {
  /// How many values come out.
  public let outputs: Int
  /// How many values go in.
  public let inputs: Int
  /// The type of the stored weights, and of the rows they are multiplied with.
  public let element: MatrixElement
  /// The outputs of each tile but the last.
  public let tileWidth: Int
  private let memory: AlignedMemory
  private let products: MatrixProducts

  /// Reserves the memory.
  public init(outputs: Int, inputs: Int, element: MatrixElement, tileWidth: Int? = nil, products: MatrixProducts) {
    self.outputs = outputs
    self.inputs = inputs
    self.element = element
    // Narrow enough to share the work of small matrices, wide enough to keep a core busy.
    self.tileWidth = min(outputs, tileWidth ?? (outputs < 2048 ? 128 : 256))
    self.products = products
    memory = AlignedMemory(byteCount: outputs * inputs * element.byteCount)
  }

  /// How many tiles there are.
  public var tileCount: Int { (outputs + tileWidth - 1) / tileWidth }

  /// The outputs of a tile.
  public func outputs(ofTile tile: Int) -> Range<Int> { tile * tileWidth..<min(outputs, (tile + 1) * tileWidth) }

  /// Converts and transposes the rows of one tile.
  ///
  /// - Parameter rows: the tile's rows of W, `outputs(ofTile:).count * inputs` elements of type `dtype`, at any address.
  public func pack(tile: Int, from rows: UnsafeRawPointer, dtype: DType, scratch: ScratchMemory) {
    let width = outputs(ofTile: tile).count
    let count = width * inputs
    let aligned = UInt(bitPattern: rows) % UInt(dtype.byteCount) == 0
    let floats: UnsafePointer<Float>
    if dtype == .float32, aligned {
      floats = rows.assumingMemoryBound(to: Float.self)
    } else {
      // The copy for alignment lies behind the converted elements.
      let converted = scratch.floats(count + (aligned ? 0 : (count * dtype.byteCount + 3) / 4))
      var source = rows
      if !aligned {
        let copy = UnsafeMutableRawPointer(converted + count)
        copy.copyMemory(from: rows, byteCount: count * dtype.byteCount)
        source = UnsafeRawPointer(copy)
      }
      VectorKernels.best.toFloat32(from: source, dtype: dtype, count: count, into: converted)
      floats = UnsafePointer(converted)
    }
    let place = address(ofTile: tile)
    switch element {
    case .float32:
      braid_lm_transpose(floats, width, inputs, place.assumingMemoryBound(to: Float.self), nil, width)
    case .bfloat16:
      braid_lm_transpose(floats, width, inputs, nil, place.assumingMemoryBound(to: UInt16.self), width)
    }
  }

  /// Converts the columns of one tile from a matrix stored the other way round, [inputs, outputs].
  ///
  /// - Parameters:
  ///   - columns: the element of the tile's first output in the first row, at any address.
  ///   - rowStride: bytes from one row to the next.
  public func pack(
    tile: Int, fromColumns columns: UnsafeRawPointer, rowStride: Int, dtype: DType, scratch: ScratchMemory
  ) {
    let width = outputs(ofTile: tile).count
    let place = address(ofTile: tile)
    // Elements may lie at any address, conversions want them aligned.
    let floats = scratch.floats(2 * width + (width * dtype.byteCount + 63) / 64 * 16)
    let copy = UnsafeMutableRawPointer(floats + 2 * width)
    for input in 0..<inputs {
      copy.copyMemory(from: columns + input * rowStride, byteCount: width * dtype.byteCount)
      switch element {
      case .float32:
        let row = place.assumingMemoryBound(to: Float.self) + input * width
        VectorKernels.best.toFloat32(from: UnsafeRawPointer(copy), dtype: dtype, count: width, into: row)
      case .bfloat16:
        VectorKernels.best.toFloat32(from: UnsafeRawPointer(copy), dtype: dtype, count: width, into: floats)
        braid_lm_round(floats, width, place.assumingMemoryBound(to: UInt16.self) + input * width)
      }
    }
  }

  /// The products of `rows` rows with one tile: output[r, o] = Σ input[r, i] W[o, i] for the tile's outputs o.
  ///
  /// - Parameters:
  ///   - rows: how many rows; up to seven rows behind them are read and written as well, see ``paddedRows(_:)``.
  ///   - input: the first row, of type ``element``, with `inputStride` elements from row to row.
  ///   - output: where the first row's value for the tile's first output goes.
  public func multiply(
    tile: Int, rows: Int, input: UnsafeRawPointer, inputStride: Int, output: UnsafeMutablePointer<Float>,
    outputStride: Int, accumulating: Bool = false, scratch: ScratchMemory
  ) throws(MatrixProductError) {
    let width = outputs(ofTile: tile).count
    var shape = MatrixProductShape(
      rows: Self.paddedRows(rows), columns: width, depth: inputs, inputStride: inputStride, weightStride: width,
      outputStride: outputStride, element: element, accumulates: accumulating)
    let whole = try products.product(shape)
    if whole.addsInOneOrder {
      try whole.run(input: input, weights: UnsafeRawPointer(address(ofTile: tile)), output: output, scratch: scratch)
      return
    }
    var row = 0
    while row < rows {
      shape.rows = rows - row >= Self.manyRows ? Self.manyRows : Self.fewRows
      try products.product(shape).run(
        input: input + row * inputStride * element.byteCount, weights: UnsafeRawPointer(address(ofTile: tile)),
        output: output + row * outputStride, scratch: scratch)
      row += shape.rows
    }
  }

  /// Numbers of rows at which oneDNN's older kernels give each row the same sums; measured, see the tests of products.
  private static let (manyRows, fewRows) = (24, 4)

  /// The number of rows that a product works on: from eight on a multiple of eight, so that few sizes occur.
  public static func paddedRows(_ rows: Int) -> Int { rows <= 8 ? rows : (rows + 7) / 8 * 8 }

  private func address(ofTile tile: Int) -> UnsafeMutableRawPointer {
    memory.address + tile * tileWidth * inputs * element.byteCount
  }
}
