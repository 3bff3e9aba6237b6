internal import CKernels

extension VectorKernels {
  /// Computes Σ cᵢ·xᵢ over a block, added in the order of the inputs, in float32.
  ///
  /// - Parameters:
  ///   - inputs: one pointer per input, each to as many elements as `output` has; at least one.
  ///   - bfloat16: whether the inputs are bfloat16 as stored; else they are float32.
  ///   - coefficients: one factor per input.
  public func combine(
    _ inputs: UnsafeBufferPointer<UnsafeRawPointer>, bfloat16: Bool = false, coefficients: [Float],
    into output: UnsafeMutableBufferPointer<Float>
  ) {
    guard let target = output.baseAddress, !inputs.isEmpty, coefficients.count == inputs.count else { return }
    inputs.withMemoryRebound(to: UnsafeRawPointer?.self) { pointers in
      table.pointee.linear_combination(
        pointers.baseAddress, coefficients, inputs.count, bfloat16 ? 1 : 0, target, output.count)
    }
  }

  /// Computes base + λ·Σ cᵢ·(xᵢ − base) over a block, added in the order of the inputs, in float32.
  public func combineDifferences(
    to base: UnsafeRawPointer, _ inputs: UnsafeBufferPointer<UnsafeRawPointer>, bfloat16: Bool = false,
    coefficients: [Float], lambda: Float, into output: UnsafeMutableBufferPointer<Float>
  ) {
    guard let target = output.baseAddress, coefficients.count == inputs.count else { return }
    inputs.withMemoryRebound(to: UnsafeRawPointer?.self) { pointers in
      table.pointee.delta_combination(
        base, pointers.baseAddress, coefficients, inputs.count, lambda, bfloat16 ? 1 : 0, target, output.count)
    }
  }

  /// Computes Σ cᵢ·xᵢ with a coefficient for each element, added in the order of the inputs, in float32.
  public func combine(
    _ inputs: UnsafeBufferPointer<UnsafePointer<Float>>, coefficients: UnsafeBufferPointer<UnsafePointer<Float>>,
    into output: UnsafeMutableBufferPointer<Float>
  ) {
    guard let target = output.baseAddress, coefficients.count == inputs.count else { return }
    inputs.withMemoryRebound(to: UnsafePointer<Float>?.self) { pointers in
      coefficients.withMemoryRebound(to: UnsafePointer<Float>?.self) { factors in
        table.pointee.elementwise_combination(
          pointers.baseAddress, factors.baseAddress, inputs.count, target, output.count)
      }
    }
  }

  /// Computes w·x + (1−w)·base with w = limit/max(|x − base|, 1e-6), clamped to 0...1, in float32.
  public func moveTowards(
    _ x: UnsafeRawPointer, from base: UnsafeRawPointer, bfloat16: Bool = false, by limit: Float,
    into output: UnsafeMutableBufferPointer<Float>
  ) {
    guard let target = output.baseAddress else { return }
    table.pointee.bounded_move(base, x, limit, bfloat16 ? 1 : 0, target, output.count)
  }
}
