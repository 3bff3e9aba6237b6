internal import CKernels

extension VectorKernels {
  /// Computes at each position the variance of the models' differences to the base, in float32.
  ///
  /// - Returns: the sum of the squares of the differences where their variance is at least `least`, with an error of less than one part in a thousand.
  @discardableResult
  public func varianceOfDifferences(
    from base: UnsafeRawPointer, _ inputs: UnsafeBufferPointer<UnsafeRawPointer>, bfloat16: Bool = false,
    least: Float = 0, into output: UnsafeMutableBufferPointer<Float>
  ) -> Double {
    guard let target = output.baseAddress else { return 0 }
    return inputs.withMemoryRebound(to: UnsafeRawPointer?.self) { pointers in
      table.pointee.difference_variance(
        base, pointers.baseAddress, inputs.count, least, bfloat16 ? 1 : 0, target, output.count)
    }
  }
}
