internal import CKernels

extension VectorKernels {
  /// Computes at each position the variance of the models' differences to the base, in float32.
  public func varianceOfDifferences(
    from base: UnsafePointer<Float>, _ inputs: UnsafeBufferPointer<UnsafePointer<Float>>,
    into output: UnsafeMutableBufferPointer<Float>
  ) {
    guard let target = output.baseAddress else { return }
    inputs.withMemoryRebound(to: UnsafePointer<Float>?.self) { pointers in
      table.pointee.difference_variance(base, pointers.baseAddress, inputs.count, target, output.count)
    }
  }

  /// Takes the elements of one input where a mask is not zero, and those of another where it is.
  public func choose(
    where mask: UnsafePointer<Float>, _ x: UnsafePointer<Float>, otherwise y: UnsafePointer<Float>, count: Int,
    into output: UnsafeMutablePointer<Float>
  ) {
    table.pointee.choose(mask, x, y, output, count)
  }
}
