internal import Kernels

/// The stable rank of a matrix D, |D|² / σ²: its squared Frobenius norm over that of its largest singular value.
///
/// It says how many directions a task vector is spread over: 1 for a matrix of rank one, never more than the rank, and
/// unlike the rank not led astray by rounding. σ² is found by Lanczos iteration on DᵀD and never too large, so the
/// stable rank is never too small.
enum StableRank {
  /// After so many steps the estimate stands, however much it still grows.
  static let maximumSteps = 24
  /// So many steps are taken at least: the first may find nothing by chance.
  static let minimumSteps = 4
  /// A step that raises the estimate by less than this share of it is the last.
  static let tolerance = 0.0005
  /// In so many groups at most rows are multiplied and added up, whatever the number of threads.
  private static let maximumGroups = 16
  /// Rows of a group at least, so that the groups' sums take less memory than the matrix.
  private static let minimumRows = 4

  /// The memory that a matrix and what is computed with it take at most, in bytes.
  static func byteCount(rows: Int, columns: Int) -> Int {
    // Three vectors of the recurrence, and a copy of each for a moment.
    rows * columns * MemoryLayout<Float>.size + (groups(of: rows) + 6) * columns * MemoryLayout<Double>.size
  }

  /// The stable rank of a row-major matrix, or nil if it is zero or holds what is not finite.
  ///
  /// Groups of rows are fixed and added up in order, so the result is the same for any number of threads.
  static func of(_ matrix: UnsafePointer<Float>, rows: Int, columns: Int, threads: Int) throws -> Double? {
    let elements = Matrix(start: matrix, rows: rows, columns: columns)
    let team = ThreadTeam(count: threads)
    let squares = Buffer(rows)
    try team.run(rows, by: rowsOfGroup(of: rows)) { _, range in
      for row in range {
        let place = elements.row(row)
        squares.values[row] = VectorKernels.best.dot(place, place, count: columns)
      }
    }
    let total = squares.values.reduce(0, +)
    guard total > 0, total.isFinite else { return nil }
    // The Lanczos recurrence: DᵀD seen from one vector is a tridiagonal matrix, whose largest eigenvalue grows
    // towards σ² with every step.
    let steps = min(maximumSteps, rows, columns)
    var (diagonal, beside): ([Double], [Double]) = ([], [])
    // Signs without a pattern: no matrix that anyone trained has them as a null vector.
    var last = [Double](repeating: 0, count: columns)
    var direction = (0..<columns).map { sign(of: $0) / Double(columns).squareRoot() }
    var estimate = 0.0
    for _ in 0..<steps {
      var next = try product(elements, direction.map { Float($0) }, team: team)
      let along = dot(next, direction)
      let before = beside.last ?? 0
      for i in next.indices { next[i] -= along * direction[i] + before * last[i] }
      diagonal.append(along)
      let previous = estimate
      estimate = largestEigenvalue(diagonal, beside)
      let length = dot(next, next).squareRoot()
      let stands = diagonal.count >= minimumSteps && estimate - previous < tolerance * estimate
      if stands || length <= 1e-9 * estimate { break }
      beside.append(length)
      last = direction
      direction = next.map { $0 / length }
    }
    return estimate > 0 ? max(1, total / estimate) : nil
  }

  /// The largest eigenvalue of a symmetric tridiagonal matrix, by bisection.
  private static func largestEigenvalue(_ diagonal: [Double], _ beside: [Double]) -> Double {
    let radius = (beside.map(abs).max() ?? 0) * 2
    var low = diagonal.max() ?? 0
    var high = low + radius
    for _ in 0..<60 {
      let middle = (low + high) / 2
      // All eigenvalues lie below a value if the matrix less that value has negative pivots only.
      var pivot = diagonal[0] - middle
      var isAbove = pivot < 0
      for i in diagonal.indices.dropFirst() where isAbove {
        pivot = diagonal[i] - middle - beside[i - 1] * beside[i - 1] / pivot
        isAbove = pivot < 0
      }
      if isAbove { high = middle } else { low = middle }
    }
    return high
  }

  private static func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

  /// DᵀDv.
  private static func product(_ matrix: Matrix, _ vector: [Float], team: ThreadTeam) throws -> [Double] {
    let size = rowsOfGroup(of: matrix.rows)
    let sums = Buffer(groups(of: matrix.rows) * matrix.columns)
    try team.run(matrix.rows, by: size) { _, range in
      let start = range.lowerBound / size * matrix.columns
      let own = UnsafeMutableBufferPointer(rebasing: sums.values[start..<start + matrix.columns])
      for row in range {
        let place = matrix.row(row)
        let along = VectorKernels.best.dot(place, vector, count: matrix.columns)
        VectorKernels.best.addScaled(place, by: along, to: own)
      }
    }
    var result = Array(sums.values[..<matrix.columns])
    for group in 1..<max(1, groups(of: matrix.rows)) {
      for column in 0..<matrix.columns { result[column] += sums.values[group * matrix.columns + column] }
    }
    return result
  }

  private static func rowsOfGroup(of rows: Int) -> Int {
    max(minimumRows, (rows + maximumGroups - 1) / maximumGroups)
  }

  private static func groups(of rows: Int) -> Int { (rows + rowsOfGroup(of: rows) - 1) / rowsOfGroup(of: rows) }

  private static func sign(of index: Int) -> Double {
    // The finalizer of splitmix64.
    var bits = UInt64(index) &* 0x9e37_79b9_7f4a_7c15
    bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
    bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
    return (bits ^ (bits >> 31)) & 1 == 0 ? 1 : -1
  }

  /// Unchecked: the elements are only read while threads share it.
  private struct Matrix: @unchecked Sendable {
    var start: UnsafePointer<Float>
    var rows: Int
    var columns: Int

    func row(_ row: Int) -> UnsafePointer<Float> { start + row * columns }
  }

  /// Unchecked: every thread writes places of its own.
  private final class Buffer: @unchecked Sendable {
    let values: UnsafeMutableBufferPointer<Double>

    init(_ count: Int) {
      values = .allocate(capacity: count)
      values.initialize(repeating: 0)
    }

    deinit { values.deallocate() }
  }
}
