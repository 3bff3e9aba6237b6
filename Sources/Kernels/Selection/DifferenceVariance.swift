internal import CKernels

extension VectorKernels {
  /// Computes at each position the variance of the models' differences to the base, in float32.
  public func varianceOfDifferences(
    from base: UnsafeRawPointer, _ inputs: UnsafeBufferPointer<UnsafeRawPointer>, bfloat16: Bool = false,
    into output: UnsafeMutableBufferPointer<Float>
  ) {
    guard let target = output.baseAddress else { return }
    inputs.withMemoryRebound(to: UnsafeRawPointer?.self) { pointers in
      table.pointee.difference_variance(
        base, pointers.baseAddress, inputs.count, bfloat16 ? 1 : 0, target, output.count)
    }
  }
}
