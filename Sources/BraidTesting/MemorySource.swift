public import Tensors

/// Tensors held in memory, for tests.
public struct MemorySource: TensorSource {
  /// What can be read.
  public let index: TensorIndex
  private let contents: [String: [UInt8]]

  /// Holds tensors with their bytes; each must have the size that its description states.
  public init(_ tensors: [(description: TensorDescription, bytes: [UInt8])]) {
    for tensor in tensors {
      precondition(tensor.bytes.count == tensor.description.byteCount, "wrong size of \(tensor.description.name)")
    }
    index = TensorIndex(tensors.map(\.description))
    contents = Dictionary(tensors.map { ($0.description.name, $0.bytes) }, uniquingKeysWith: { first, _ in first })
  }

  /// Holds float32 tensors.
  public init(floats tensors: [(name: String, shape: Shape, values: [Float])]) {
    self.init(
      tensors.map { tensor in
        (
          TensorDescription(name: tensor.name, dtype: .float32, shape: tensor.shape),
          tensor.values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init) }
        )
      })
  }

  /// Copies elements out.
  public func read(
    _ tensor: String, elements range: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    let description = try checkRequest(tensor, elements: range, into: destination)
    guard let bytes = contents[tensor] else { throw TensorSourceError.noSuchTensor(tensor) }
    let start = range.lowerBound * description.dtype.byteCount
    destination.copyBytes(from: bytes[start..<start + destination.count])
  }
}
