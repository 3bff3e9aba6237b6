internal import Kernels
internal import Tensors

/// What a comparison may use.
public struct ComparisonResources: Sendable, Hashable {
  /// How many threads compute.
  public var threads: Int
  /// The memory budget in bytes, for everything but the program itself.
  public var memory: Int

  /// States how much may be used.
  public init(threads: Int, memory: Int) {
    self.threads = max(1, threads)
    self.memory = max(1 << 20, memory)
  }

  /// The most bytes that one thread copies out of a source that cannot be read in place.
  var copiedBytes: Int { memory / 4 / threads }

  /// The most bytes that a matrix may have that is held to be multiplied with.
  var matrixBytes: Int { memory / 4 }
}

/// Tensors of equal shape, read side by side in blocks of float32.
struct TensorBlocks: Sendable {
  /// Elements of a block, which is what arithmetic sees: small enough for a cache.
  static let blockElements = 8192
  /// Elements of a part, whose sums are added up on their own; a multiple of a block.
  static let partElements = 1 << 20

  private struct Input: Sendable {
    var tensor: TensorDescription
    var source: any TensorSource
    var region: TensorRegion?
  }

  private let inputs: [Input]
  /// How many elements each of the tensors has.
  let elementCount: Int

  /// Opens tensors of equal element count.
  init(_ tensors: [(name: String, source: any TensorSource)]) throws {
    inputs = try tensors.map { name, source in
      guard let tensor = source.index[name] else { throw TensorSourceError.noSuchTensor(name) }
      return Input(tensor: tensor, source: source, region: try source.region(of: name))
    }
    elementCount = inputs.map(\.tensor.shape.elementCount).min() ?? 0
  }

  /// How many parts one thread reads at a time.
  ///
  /// A source that cannot be read in place may compute what it is asked for, with work that each request begins anew:
  /// it is asked for as much at once as fits into the budget.
  func partsAtOnce(_ resources: ComparisonResources) -> Int {
    if inputs.allSatisfy({ $0.region != nil }) { return 1 }
    return max(1, resources.copiedBytes / (Self.partElements * max(1, bytesPerElement)))
  }

  /// The size of one element of each tensor, added up.
  var bytesPerElement: Int { inputs.reduce(0) { $0 + $1.tensor.dtype.byteCount } }

  /// Calls `body` with each block of a range that begins at a block's border.
  func forEachBlock(
    of range: Range<Int>, scratch: BlockScratch, _ body: (_ block: [UnsafePointer<Float>], Range<Int>) throws -> Void
  ) throws {
    let bytes = try addresses(of: range, scratch: scratch)
    for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.blockElements) {
      let end = min(start + Self.blockElements, range.upperBound)
      let block = inputs.indices.map { index in
        floats(
          index, from: bytes[index] + (start - range.lowerBound) * inputs[index].tensor.dtype.byteCount,
          count: end - start, scratch: scratch)
      }
      try body(block, start..<end)
    }
    for input in inputs {
      let size = input.tensor.dtype.byteCount
      // A smaller range is not worth the call.
      if range.count * size >= 1 << 20 { input.region?.release(range.lowerBound * size..<range.upperBound * size) }
    }
  }

  private func floats(
    _ index: Int, from source: UnsafeRawPointer, count: Int, scratch: BlockScratch
  ) -> UnsafePointer<Float> {
    let dtype = inputs[index].tensor.dtype
    var aligned = source
    if Int(bitPattern: source) % dtype.byteCount != 0 {
      let place = scratch.aligned(input: index)
      place.copyMemory(from: source, byteCount: count * dtype.byteCount)
      aligned = UnsafeRawPointer(place)
    }
    if dtype == .float32 { return aligned.assumingMemoryBound(to: Float.self) }
    let block = scratch.block(ofInput: index)
    VectorKernels.best.toFloat32(from: aligned, dtype: dtype, count: count, into: block)
    return UnsafePointer(block)
  }

  /// Where each tensor's bytes of a range begin, copied if there is no other way.
  private func addresses(of range: Range<Int>, scratch: BlockScratch) throws -> [UnsafeRawPointer] {
    var copied = 0
    let offsets = inputs.map { input -> Int in
      defer { if input.region == nil { copied += (range.count * input.tensor.dtype.byteCount + 63) & ~63 } }
      return copied
    }
    let raw = scratch.raw(copied)
    return try zip(inputs, offsets).map { input, offset in
      let size = input.tensor.dtype.byteCount
      if let base = input.region?.bytes.baseAddress { return base + range.lowerBound * size }
      try input.source.read(
        input.tensor.name, elements: range,
        into: UnsafeMutableRawBufferPointer(start: raw + offset, count: range.count * size))
      return UnsafeRawPointer(raw + offset)
    }
  }
}

/// One thread's memory: a block of each tensor as float32, and bytes of tensors that cannot be read in place.
final class BlockScratch {
  private let blocks: AlignedMemory
  private let copies: AlignedMemory
  private let bytes = ScratchMemory()

  /// Room for blocks of so many tensors.
  init(inputs: Int) {
    blocks = AlignedMemory(byteCount: inputs * TensorBlocks.blockElements * MemoryLayout<Float>.size)
    // The widest elements have eight bytes.
    copies = AlignedMemory(byteCount: inputs * TensorBlocks.blockElements * 8)
  }

  func block(ofInput input: Int) -> UnsafeMutablePointer<Float> { blocks.floats + input * TensorBlocks.blockElements }

  func aligned(input: Int) -> UnsafeMutableRawPointer { copies.address + input * TensorBlocks.blockElements * 8 }

  func raw(_ count: Int) -> UnsafeMutableRawPointer { bytes.bytes(count) }
}
