internal import CKernels

extension VectorKernels {
  /// The dot product of two blocks, in float64.
  ///
  /// Products are exact; they are added into 16 lanes in order and the lanes pairwise, so that every CPU gives the
  /// same bits.
  public func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int) -> Double {
    table.pointee.dot(a, b, count)
  }

  /// Adds aᵢ·bᵢ to sumsᵢ for each element, in float64.
  public func accumulateProducts(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into sums: UnsafeMutableBufferPointer<Double>
  ) {
    guard let target = sums.baseAddress else { return }
    table.pointee.accumulate_products(a, b, target, sums.count)
  }
}
