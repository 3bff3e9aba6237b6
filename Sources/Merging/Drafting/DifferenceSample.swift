internal import Kernels
public import Tensors

/// Some elements of the matrices that several models share, enough to see how far apart the models lie.
public struct DifferenceSample: Sendable {
  /// How many tensors are looked into.
  static let tensorCount = 24
  /// How many elements of each are read.
  static let elementCount = 16_384

  /// The elements of each model, in one row.
  private let rows: [[Float]]

  /// Reads a few elements of a few tensors of each model; nil if the models share no matrix.
  ///
  /// - Throws: the sources' errors.
  public init?(of sources: [any TensorSource]) throws {
    guard let first = sources.first else { return nil }
    let shared = first.index.tensors.filter { tensor in
      tensor.dtype.isFloatingPoint && tensor.shape.dimensions.count > 1
        && sources.allSatisfy { $0.index[tensor.name]?.shape == tensor.shape }
    }
    guard !shared.isEmpty else { return nil }
    let stride = max(1, shared.count / Self.tensorCount)
    let chosen = shared.indices.filter { $0 % stride == stride / 2 }.prefix(Self.tensorCount).map { shared[$0].name }
    rows = try sources.map { source in
      try chosen.flatMap { try Self.floats(of: $0, in: source) }
    }
  }

  /// Takes elements as they are; all rows are equally long.
  init(rows: [[Float]]) { self.rows = rows }

  private static func floats(of name: String, in source: any TensorSource) throws -> [Float] {
    guard let tensor = source.index[name] else { throw TensorSourceError.noSuchTensor(name) }
    let count = min(elementCount, tensor.shape.elementCount)
    // The first rows of an embedding are often tokens that nobody trained.
    let start = (tensor.shape.elementCount - count) / 2
    let bytes = try [UInt8](unsafeUninitializedCapacity: count * tensor.dtype.byteCount) { buffer, written in
      try source.read(name, elements: start..<start + count, into: UnsafeMutableRawBufferPointer(buffer))
      written = count * tensor.dtype.byteCount
    }
    return bytes.withUnsafeBytes { raw in
      [Float](unsafeUninitializedCapacity: count) { floats, written in
        if let from = raw.baseAddress, let to = floats.baseAddress {
          VectorKernels.best.toFloat32(from: from, dtype: tensor.dtype, count: count, into: to)
        }
        written = count
      }
    }
  }

  // MARK: Figures

  /// |a - b| / |b|.
  public func distance(_ a: Int, from b: Int) -> Double {
    var difference = 0.0
    var norm = 0.0
    for (x, y) in zip(rows[a], rows[b]) where x.isFinite && y.isFinite {
      difference += Double(x - y) * Double(x - y)
      norm += Double(y) * Double(y)
    }
    return norm > 0 ? (difference / norm).squareRoot() : 0
  }

  /// How much of what two models change in the same elements cancels, and how much of what they change that is: the
  /// sign conflict and the overlap of `braid diff`.
  public func relation(_ a: Int, _ b: Int, base: Int) -> (conflict: Double, overlap: Double) {
    var (opposed, shared, united) = (0.0, 0.0, 0.0)
    for index in rows[base].indices {
      let x = Double(rows[a][index] - rows[base][index])
      let y = Double(rows[b][index] - rows[base][index])
      guard x.isFinite, y.isFinite else { continue }
      let smaller = min(abs(x), abs(y))
      shared += smaller
      united += max(abs(x), abs(y))
      if x * y < 0 { opposed += smaller }
    }
    return (shared > 0 ? opposed / shared : 0, united > 0 ? shared / united : 0)
  }

  /// The model that all others are nearest to, if it is clearly one: fine-tunes lie around the model they come from.
  public var center: Int? {
    guard rows.count > 2 else { return nil }
    let means = rows.indices.map { index in
      rows.indices.reduce(0) { $0 + ($1 == index ? 0 : distance($1, from: index)) } / Double(rows.count - 1)
    }
    let order = means.indices.sorted { means[$0] < means[$1] }
    return means[order[0]] < 0.9 * means[order[1]] ? order[0] : nil
  }
}
