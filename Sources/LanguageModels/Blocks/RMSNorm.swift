internal import CKernels
internal import Kernels

/// Root-mean-square normalisation: x / sqrt(mean(x²) + ε) · w, in float32.
struct RMSNorm: Sendable {
  let weight: [Float]
  let epsilon: Float
  /// The name of the weight, for error messages.
  let name: String

  /// Normalises all rows of the stream into the pass's buffer for products.
  ///
  /// - Throws: ``NotFinite`` if a row of the stream is not finite: the layers before it gave no numbers.
  func apply(_ pass: Pass, element: MatrixElement) throws -> UnsafeRawPointer {
    let stream = UnsafeSource(pass.stream(width: weight.count))
    return try apply(stream.pointer.assumingMemoryBound(to: Float.self), rows: Array(0..<pass.rows), pass, element)
  }

  /// Normalises some rows of the stream, one behind the other.
  func apply(
    _ stream: UnsafePointer<Float>, rows: [Int], _ pass: Pass, _ element: MatrixElement
  ) throws -> UnsafeRawPointer {
    let width = weight.count
    let source = UnsafeSource(stream)
    let result = UnsafeSource(
      pass.workspace.normed.bytes(Pass.paddedRows(rows.count) * width * element.byteCount))
    try pass.team.run(rows.count, by: 64) { _, range in
      let output = UnsafeMutableRawPointer(mutating: result.pointer)
      for index in range {
        let input = source.pointer.assumingMemoryBound(to: Float.self) + rows[index] * width
        let bad =
          switch element {
          case .float32:
            braid_lm_rms_norm(
              input, width, weight, epsilon, 1, width,
              output.assumingMemoryBound(to: Float.self) + index * width, nil, width)
          case .bfloat16:
            braid_lm_rms_norm(
              input, width, weight, epsilon, 1, width, nil,
              output.assumingMemoryBound(to: UInt16.self) + index * width, width)
          }
        if bad >= 0 { throw NotFinite(row: rows[index], place: "the input of \(name)") }
      }
    }
    return result.pointer
  }
}
