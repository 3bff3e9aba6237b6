public import Documents
internal import Kernels
private import Synchronization
internal import Tensors

/// Looks for everything that can be wrong with a checkpoint that opens: damage, numbers that are not finite, and a
/// configuration that describes another model.
public struct CheckpointVerification: Sendable {
  /// Something that is wrong, or looks so.
  public struct Finding: Hashable, Sendable {
    /// How bad it is.
    public var severity: Diagnostic.Severity
    /// What was found.
    public var message: String
  }

  /// What was found, the worst first.
  public let findings: [Finding]
  /// How many tensors were looked at.
  public let tensors: Int
  /// The size of their elements in bytes.
  public let byteCount: Int
  /// How many tensors had a digest to compare with.
  public let recorded: Int

  /// Whether nothing is wrong.
  public var isSound: Bool { !findings.contains { $0.severity == .error } }

  /// Reads a whole checkpoint.
  ///
  /// - Parameter progress: called with the number of bytes read since the last call, from any thread.
  public init(
    of model: ModelFolder, threads: Int, progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) throws {
    let index = model.weights.index
    let team = ThreadTeam(count: threads)
    let found = Mutex<[Int: Finding]>([:])
    try team.share(index.tensors.count) { _, next in
      while let number = next() {
        let finding = try Self.unfinite(index.tensors[number], in: model.weights)
        if let finding { found.withLock { $0[number] = finding } }
        progress(index.tensors[number].byteCount)
      }
    }
    var findings = found.withLock { found in found.sorted { $0.key < $1.key }.map(\.value) }
    findings += try ChecksumComparison.findings(of: model.checkpoint, threads: threads)
    let record = try RecordComparison(of: model, threads: threads)
    findings += record.findings
    findings += ConfigurationComparison.findings(of: model)
    self.findings = findings.enumerated().sorted { a, b in
      (a.element.severity == .error ? 0 : 1, a.offset) < (b.element.severity == .error ? 0 : 1, b.offset)
    }.map(\.element)
    tensors = index.tensors.count
    byteCount = index.byteCount
    recorded = record.compared
  }

  /// So many elements are looked at at once.
  private static let atOnce = 65_536

  /// What to say of a tensor with elements that are not finite.
  private static func unfinite(_ tensor: TensorDescription, in weights: any TensorSource) throws -> Finding? {
    guard tensor.dtype.isFloatingPoint else { return nil }
    let count = tensor.shape.elementCount
    let size = tensor.dtype.byteCount
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: atOnce * size, alignment: 64)
    let floats = UnsafeMutablePointer<Float>.allocate(capacity: atOnce)
    defer {
      bytes.deallocate()
      floats.deallocate()
    }
    var (nans, infinities, first) = (0, 0, -1)
    for start in stride(from: 0, to: count, by: atOnce) {
      let end = min(count, start + atOnce)
      let part = UnsafeMutableRawBufferPointer(rebasing: bytes[0..<(end - start) * size])
      try weights.read(tensor.name, elements: start..<end, into: part)
      guard let base = part.baseAddress else { continue }
      VectorKernels.best.toFloat32(from: base, dtype: tensor.dtype, count: end - start, into: floats)
      for i in 0..<end - start where !floats[i].isFinite {
        // A large float64 is finite, but not as float32.
        if tensor.dtype == .float64, (base + i * 8).loadUnaligned(as: Double.self).isFinite { continue }
        if first < 0 { first = start + i }
        if floats[i].isNaN { nans += 1 } else { infinities += 1 }
      }
    }
    guard nans + infinities > 0 else { return nil }
    let parts = [nans > 0 ? "\(nans) NaN" : nil, infinities > 0 ? "\(infinities) infinite" : nil].compactMap { $0 }
    return Finding(
      severity: .error,
      message:
        "tensor \(PrintableText.quoted(tensor.name)) has \(parts.joined(separator: " and ")) of \(count) elements, "
        + "the first at \(first)")
  }
}
