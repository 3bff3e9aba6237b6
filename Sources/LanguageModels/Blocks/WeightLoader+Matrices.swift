internal import Kernels
internal import Tensors

extension WeightLoader {
  /// The smallest tensor whose pages are given back.
  private static let smallestRelease = 1 << 20

  /// A matrix for products: the tensor's own bytes where they have the right type and order, else a copy.
  ///
  /// - Parameters:
  ///   - outputs: the outputs it has, in ranges of those that the tensor has; all of them if nil.
  ///   - inputsFirst: whether the tensor is stored as [inputs, outputs].
  func matrix(
    _ tensor: LoadedTensor, outputs: [Range<Int>]? = nil, inputsFirst: Bool = false, tileWidth: Int? = nil
  ) throws(ModelError) -> WeightMatrix {
    let dimensions = tensor.description.shape.dimensions
    let inputs = inputsFirst ? dimensions[0] : dimensions[dimensions.count - 1]
    let stored = inputsFirst ? dimensions[1] : dimensions.dropLast().reduce(1, *)
    let parts = outputs ?? [0..<stored]
    if !inputsFirst, parts.count == 1, let rows = rows(parts[0], of: tensor, inputs: inputs) {
      return WeightMatrix(
        rows, owner: tensor.owner, outputs: parts[0].count, inputs: inputs, element: element, tileWidth: tileWidth,
        products: products)
    }
    let matrix = WeightMatrix(
      outputs: parts.reduce(0) { $0 + $1.count }, inputs: inputs, element: element, tileWidth: tileWidth,
      products: products)
    do {
      try fill(matrix, from: tensor, parts: parts, stored: inputsFirst ? stored : nil)
    } catch {
      throw .weights(model: model, message: "the tensor \(tensor.description.name) cannot be converted: \(error)")
    }
    // The copy takes the file's place in memory. Small tensors are not worth it: pages beside them go as well, and come
    // back one by one.
    if tensor.bytes.count >= Self.smallestRelease {
      (tensor.owner as? TensorRegion)?.release(0..<tensor.bytes.count)
    }
    return matrix
  }

  /// Where some outputs lie in a tensor that can be multiplied as it is.
  private func rows(_ outputs: Range<Int>, of tensor: LoadedTensor, inputs: Int) -> UnsafeRawPointer? {
    guard tensor.stays, tensor.description.dtype == element.dtype, let base = tensor.bytes.baseAddress,
      UInt(bitPattern: base) % UInt(element.byteCount) == 0
    else { return nil }
    return base + outputs.lowerBound * inputs * element.byteCount
  }

  /// Copies and converts, tile by tile.
  ///
  /// - Parameter stored: the outputs that the tensor has, if it is stored as [inputs, outputs].
  private func fill(
    _ matrix: WeightMatrix, from tensor: LoadedTensor, parts: [Range<Int>], stored: Int?
  ) throws {
    let dtype = tensor.description.dtype
    let rowSize = matrix.inputs * dtype.byteCount
    try team.run(matrix.tileCount) { lane, tile in
      guard let base = tensor.bytes.baseAddress else { return }
      let scratch = workspace.lanes[lane].first
      for piece in Self.pieces(of: parts, in: matrix.outputs(ofTile: tile)) {
        if let stored {
          matrix.fill(
            piece.outputs, fromColumns: base + piece.stored * dtype.byteCount, rowStride: stored * dtype.byteCount,
            dtype: dtype, scratch: scratch)
        } else {
          matrix.fill(piece.outputs, from: base + piece.stored * rowSize, dtype: dtype, scratch: scratch)
        }
      }
    }
  }

  /// The outputs of a matrix of parts in pieces that lie together in the tensor, and where each begins there.
  private static func pieces(
    of parts: [Range<Int>], in outputs: Range<Int>
  ) -> [(outputs: Range<Int>, stored: Int)] {
    var pieces: [(outputs: Range<Int>, stored: Int)] = []
    var first = 0
    for part in parts {
      let shared = outputs.clamped(to: first..<first + part.count)
      if !shared.isEmpty { pieces.append((shared, part.lowerBound + shared.lowerBound - first)) }
      first += part.count
    }
    return pieces
  }
}
