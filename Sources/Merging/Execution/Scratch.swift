internal import MergeMethods
internal import Tensors

/// One worker's memory: a float32 block for each input and for the output, a block of the output in its dtype, and raw
/// bytes of a band where a source cannot be read in place.
///
/// Allocated once and reused for every tensor: the first touch of fresh pages is slower than all arithmetic.
final class Scratch: @unchecked Sendable {
  // Used by one worker at a time.
  private let blocks: UnsafeMutablePointer<Float>
  private let pointers: UnsafeMutableBufferPointer<UnsafePointer<Float>>
  private let halves: UnsafeMutableBufferPointer<UnsafePointer<UInt16>>
  private var raw: UnsafeMutableRawBufferPointer
  /// Room for a block of the output in any dtype.
  let elements: UnsafeMutableRawPointer
  /// How many inputs there is room for.
  let inputs: Int
  /// The worker's blocks of tensors that are merged while they are read; they may own this scratch, or it them.
  unowned let stages: StageBlocks
  private let ownedStages: StageBlocks?

  /// - Parameter stages: the blocks of a worker that has some already.
  init(inputs: Int, stages: StageBlocks? = nil) {
    self.inputs = inputs
    let own = stages == nil ? StageBlocks() : nil
    ownedStages = own
    self.stages = stages ?? own ?? StageBlocks()
    blocks = .allocate(capacity: (inputs + 1) * Streaming.blockElements)
    blocks.initialize(repeating: 0, count: (inputs + 1) * Streaming.blockElements)
    pointers = .allocate(capacity: max(1, inputs))
    halves = .allocate(capacity: max(1, inputs))
    raw = .allocate(byteCount: 0, alignment: 64)
    elements = .allocate(byteCount: Self.elementsByteCount, alignment: 64)
  }

  deinit {
    blocks.deallocate()
    pointers.deallocate()
    halves.deallocate()
    raw.deallocate()
    elements.deallocate()
  }

  /// The size of a block of the largest elements.
  private static let elementsByteCount = Streaming.blockElements * MemoryLayout<Double>.size

  /// The size of a worker's blocks in bytes.
  static func byteCount(inputs: Int) -> Int {
    (inputs + 1) * Streaming.blockElements * MemoryLayout<Float>.size + elementsByteCount
  }

  /// Room for a float32 block of one input.
  func block(ofInput input: Int) -> UnsafeMutablePointer<Float> {
    blocks + (input + 1) * Streaming.blockElements
  }

  /// Room for a float32 block of the output.
  var output: UnsafeMutablePointer<Float> { blocks }

  /// Sets where a block of one input lies.
  func point(input: Int, to address: UnsafePointer<Float>) { pointers.initializeElement(at: input, to: address) }

  /// Sets where a block of one input lies that is bfloat16 as stored.
  func point(input: Int, to address: UnsafePointer<UInt16>) { halves.initializeElement(at: input, to: address) }

  /// The bfloat16 block that the first `inputs` pointers make up.
  func storedBlock(inputs: Int, count: Int, start: Int) -> InputBlock {
    InputBlock(
      inputs: UnsafeBufferPointer(rebasing: pointers[0..<0]),
      bfloat16: UnsafeBufferPointer(rebasing: halves[0..<inputs]),
      count: count, start: start)
  }

  /// The block that the first `inputs` pointers make up.
  func inputBlock(inputs: Int, count: Int, start: Int) -> InputBlock {
    InputBlock(inputs: UnsafeBufferPointer(rebasing: pointers[0..<inputs]), count: count, start: start)
  }

  /// Room for raw bytes, 64-byte aligned; what it held before may be lost.
  func rawBytes(_ count: Int) -> UnsafeMutableRawBufferPointer {
    if raw.count < count {
      raw.deallocate()
      raw = .allocate(byteCount: count, alignment: 64)
    }
    return UnsafeMutableRawBufferPointer(rebasing: raw[0..<count])
  }
}
