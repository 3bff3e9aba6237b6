internal import Kernels
internal import Tensors

/// Elements in blocks that share a scale, delivered as float32.
struct BlockElements: ElementDecoder {
  let format: BlockFormat
  /// The blocks, one after another in row-major order.
  let blocks: Range<Int>

  var storage: String { format.rawValue }
  var storedBytes: Range<Int>? { blocks }

  func read(
    _ elements: Range<Int>, of file: UnsafeRawBufferPointer, into destination: UnsafeMutableRawBufferPointer
  ) throws(DecodingError) {
    guard !elements.isEmpty, let base = file.baseAddress, var place = destination.baseAddress else { return }
    let size = format.elementsPerBlock
    // Whole blocks go to a buffer of their own where the range or the destination is not made for them.
    withUnsafeTemporaryAllocation(of: Float.self, capacity: Self.blocksAtOnce * size) { buffer in
      guard let scratch = buffer.baseAddress else { return }
      var next = elements.lowerBound
      while next < elements.upperBound {
        let first = next / size
        let count = min(Self.blocksAtOnce, (elements.upperBound + size - 1) / size - first)
        VectorKernels.best.toFloat32(
          from: base + blocks.lowerBound + first * format.bytesPerBlock, blocks: format, count: count * size,
          into: scratch)
        let end = min(elements.upperBound, (first + count) * size)
        place.copyMemory(from: scratch + (next - first * size), byteCount: (end - next) * 4)
        place += (end - next) * 4
        next = end
      }
    }
  }

  /// So many elements stay in a first-level cache.
  private static let blocksAtOnce = 16
}
