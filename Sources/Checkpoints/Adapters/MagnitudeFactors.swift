internal import Documents
internal import Kernels
internal import Synchronization
internal import Tensors

/// The factors by which DoRA scales a matrix after the update: trained length over present length, for each output.
///
/// Outputs are rows, or columns where the matrix is stored with the inputs first. Lengths need the whole matrix once,
/// so they are computed at the first read and kept: a number for each row costs next to nothing.
final class MagnitudeFactors: Sendable {
  private let magnitudes: StoredNumbers
  private let count: Int
  /// Whether an output is a column.
  let areColumns: Bool
  private let factors = Mutex<[Float]?>(nil)

  init(_ magnitudes: TensorDescription, areColumns: Bool) {
    self.magnitudes = StoredNumbers(name: magnitudes.name, dtype: magnitudes.dtype)
    count = magnitudes.shape.elementCount
    self.areColumns = areColumns
  }

  /// The factors, one for each output.
  ///
  /// - Parameter squaredLengths: adds the squares of the updated matrix to sums for each output, in float64.
  func values(
    from adapter: any TensorSource, squaredLengths: (UnsafeMutableBufferPointer<Double>) throws -> Void
  ) throws -> [Float] {
    // Whoever comes second waits: the lengths cost a pass over the matrix.
    try factors.withLock { known in
      if let known { return known }
      var sums = [Double](repeating: 0, count: count)
      try sums.withUnsafeMutableBufferPointer { try squaredLengths($0) }
      var values = [Float](repeating: 0, count: count)
      try values.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        try magnitudes.read(0..<count, from: adapter, into: base)
      }
      for output in 0..<count {
        let factor = values[output] / Float(sums[output].squareRoot())
        guard factor.isFinite else {
          throw PackedParts.fault(
            in: adapter, magnitudes.name,
            found: "the magnitude \(values[output]) for output \(output), whose weights have the length "
              + "\(sums[output].squareRoot())",
            expected: "finite magnitudes, and lengths above zero")
        }
        values[output] = factor
      }
      known = values
      return values
    }
  }

  /// Scales a tile.
  func scale(
    _ tile: UnsafeMutablePointer<Float>, rows: Range<Int>, columns: Range<Int>, by factors: [Float]
  ) {
    for row in 0..<rows.count {
      let start = tile + row * columns.count
      if areColumns {
        for column in 0..<columns.count { start[column] *= factors[columns.lowerBound + column] }
      } else {
        let factor = factors[rows.lowerBound + row]
        for column in 0..<columns.count { start[column] *= factor }
      }
    }
  }

  /// Adds the squares of a tile's elements to the sums of their outputs.
  func addSquares(
    of tile: UnsafeMutablePointer<Float>, rows: Range<Int>, columns: Range<Int>,
    to sums: UnsafeMutableBufferPointer<Double>
  ) {
    for row in 0..<rows.count {
      let start = tile + row * columns.count
      if areColumns {
        VectorKernels.best.accumulateProducts(
          start, start, into: UnsafeMutableBufferPointer(rebasing: sums[columns]))
      } else {
        sums[rows.lowerBound + row] += VectorKernels.best.dot(start, start, count: columns.count)
      }
    }
  }
}
