internal import CKernels

extension VectorKernels {
  /// Adds scale·(L R) to a block of a matrix, where L has few columns and R as few rows; in float32.
  ///
  /// Each element's sum is taken in the order of the columns of L, whatever the block, so that a matrix cut into
  /// blocks in another way gets the same bits.
  ///
  /// - Parameters:
  ///   - left: L by rows, `rows` × `depth` elements.
  ///   - right: R by rows, `depth` × `columns` elements.
  ///   - output: the first element of the block; rows lie `stride` elements apart.
  public func addProduct(
    of left: UnsafePointer<Float>, and right: UnsafePointer<Float>, rows: Int, depth: Int, columns: Int, scale: Float,
    to output: UnsafeMutablePointer<Float>, stride: Int
  ) {
    table.pointee.add_product(left, right, rows, depth, columns, scale, output, stride)
  }
}
