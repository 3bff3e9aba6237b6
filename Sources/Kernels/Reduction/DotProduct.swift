internal import CKernels

extension VectorKernels {
  /// The dot product of two blocks, in float64.
  ///
  /// Products are exact; they are added into 16 lanes in order and the lanes pairwise, so that every CPU gives the
  /// same bits.
  public func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int) -> Double {
    table.pointee.dot(a, b, count)
  }

  /// The dot products of all pairs of inputs: 0 with 0, 0 with 1 and so on, 1 with 1 and so on; each as ``dot(_:_:count:)``
  /// has it.
  ///
  /// - Parameter bfloat16: whether the inputs are bfloat16 as stored; else they are float32.
  public func gram(
    _ inputs: UnsafeBufferPointer<UnsafeRawPointer>, bfloat16: Bool = false, count: Int,
    into products: UnsafeMutablePointer<Double>
  ) {
    inputs.withMemoryRebound(to: UnsafeRawPointer?.self) { pointers in
      table.pointee.gram(pointers.baseAddress, inputs.count, bfloat16 ? 1 : 0, count, products)
    }
  }

  /// Adds aᵢ·bᵢ to sumsᵢ for each element, in float64.
  public func accumulateProducts(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into sums: UnsafeMutableBufferPointer<Double>
  ) {
    guard let target = sums.baseAddress else { return }
    table.pointee.accumulate_products(a, b, target, sums.count)
  }

  /// Whether no element of a block is infinite or NaN.
  public func allFinite(_ x: UnsafeRawPointer, bfloat16: Bool = false, count: Int) -> Bool {
    table.pointee.all_finite(x, bfloat16 ? 1 : 0, count) != 0
  }
}
