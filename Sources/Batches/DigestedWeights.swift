internal import Checkpoints
internal import Synchronization
internal import Tensors

/// Weights that leave a digest of what was read of them: what a model computes depends on nothing else.
final class DigestedWeights: TensorSource {
  private let source: any TensorSource
  private let digests = Mutex<[String: ContentDigest]>([:])

  init(_ source: any TensorSource) { self.source = source }

  var index: TensorIndex { source.index }

  func read(_ tensor: String, elements range: Range<Int>, into destination: UnsafeMutableRawBufferPointer) throws {
    try source.read(tensor, elements: range, into: destination)
    note(tensor, range, UnsafeRawBufferPointer(destination))
  }

  func region(of tensor: String) throws -> TensorRegion? {
    let region = try source.region(of: tensor)
    if let region { note(tensor, 0..<(index[tensor]?.shape.elementCount ?? 0), region.bytes) }
    return region
  }

  private func note(_ tensor: String, _ range: Range<Int>, _ bytes: UnsafeRawBufferPointer) {
    let digest = ContentDigest(of: bytes)
    let type = index[tensor]?.dtype.rawValue ?? ""
    digests.withLock { $0["\(tensor) \(type) \(range.lowerBound)..<\(range.upperBound)"] = digest }
  }

  /// A line for everything that was read, in the order of names.
  var lines: [String] {
    digests.withLock { $0.map { "\($0.key) \($0.value.text)" } }.sorted()
  }
}
