internal import CKernels
internal import Kernels

/// Normalisation of rows, in float32: x / √(mean(x²) + ε) · w, or (x − mean(x)) / √(variance(x) + ε) · w + b.
struct Norm: Sendable {
  /// What the sum of squares is taken of, and what is added.
  enum Kind: Sendable {
    case rootMeanSquare
    case layer(bias: [Float])
  }

  let kind: Kind
  let weight: [Float]
  let epsilon: Float
  /// The name of the weight, for error messages.
  let name: String

  /// How long the rows are.
  var width: Int { weight.count }

  /// Normalises all rows of the stream into a buffer for products.
  ///
  /// - Parameter memory: where the rows go, `pass.workspace.normed` if nil.
  /// - Throws: ``NotFinite`` if a row of the stream is not finite: the layers before it gave no numbers.
  func apply(_ pass: Pass, element: MatrixElement, into memory: ScratchMemory? = nil) throws -> UnsafeRawPointer {
    try apply(rows: Array(0..<pass.rows), pass, element, into: memory)
  }

  /// Normalises some rows of the stream, one behind the other.
  func apply(
    rows: [Int], _ pass: Pass, _ element: MatrixElement, into memory: ScratchMemory? = nil
  ) throws -> UnsafeRawPointer {
    let width = self.width
    let stream = UnsafeSource(pass.stream(width: width))
    let result = UnsafeSource(
      (memory ?? pass.workspace.normed).bytes(Pass.paddedRows(rows.count) * width * element.byteCount))
    try pass.team.run(rows.count, by: 64) { _, range in
      let output = UnsafeMutableRawPointer(mutating: result.pointer)
      for index in range {
        let input = stream.pointer.assumingMemoryBound(to: Float.self) + rows[index] * width
        let bad =
          switch element {
          case .float32: normalize(input, into: output.assumingMemoryBound(to: Float.self) + index * width)
          case .bfloat16: normalize(input, rounded: output.assumingMemoryBound(to: UInt16.self) + index * width)
          }
        if bad { throw NotFinite(row: rows[index], place: "the input of \(name)") }
      }
    }
    return result.pointer
  }

  /// Normalises the rows of a branch and adds them to the stream.
  func add(_ branch: UnsafeMutablePointer<Float>, to pass: Pass) throws {
    let width = self.width
    let source = UnsafeSource(branch)
    let stream = UnsafeSource(pass.stream(width: width))
    try pass.team.run(pass.rows, by: 64) { _, range in
      for row in range {
        let values = source.floats + row * width
        if normalize(values, into: values) { throw NotFinite(row: row, place: "the input of \(name)") }
        let place = stream.floats + row * width
        braid_lm_add_bias(place, width, values, 1, width)
      }
    }
  }

  /// Normalises the stream itself.
  func replace(_ pass: Pass) throws {
    let width = self.width
    let stream = UnsafeSource(pass.stream(width: width))
    try pass.team.run(pass.rows, by: 64) { _, range in
      for row in range {
        let values = stream.floats + row * width
        if normalize(values, into: values) { throw NotFinite(row: row, place: "the input of \(name)") }
      }
    }
  }

  /// Normalises vectors that follow each other, in place: the heads of a query or key, or all of it as one.
  func apply(inPlace vectors: UnsafeMutablePointer<Float>, count: Int) {
    for vector in 0..<count { _ = normalize(vectors + vector * width, into: vectors + vector * width) }
  }

  /// Normalises one row; whether it was not finite.
  private func normalize(
    _ input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>? = nil,
    rounded: UnsafeMutablePointer<UInt16>? = nil
  ) -> Bool {
    switch kind {
    case .rootMeanSquare:
      braid_lm_rms_norm(input, width, weight, epsilon, 1, width, output, rounded, width) >= 0
    case .layer(let bias):
      braid_lm_layer_norm(input, width, weight, bias, epsilon, 1, width, output, rounded, width) >= 0
    }
  }
}
