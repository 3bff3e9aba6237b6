internal import MergeMethods
internal import Tensors

/// One worker's blocks of tensors that are merged while they are read: for each such tensor the block it last computed.
///
/// A tensor that several others are made of is so computed once for all of them, however the stages depend on each
/// other.
final class StageBlocks: @unchecked Sendable {
  // Used by one worker at a time.
  private var blocks: [UInt64: StageBlock] = [:]
  private var free: [StageBlock] = []

  /// The block of a tensor.
  ///
  /// - Parameter inputs: how many inputs the tensor's step has.
  func block(of tensor: UInt64, inputs: Int) -> StageBlock {
    if let block = blocks[tensor] { return block }
    let place = free.firstIndex { $0.scratch.inputs >= inputs }
    let block = place.map { free.remove(at: $0) } ?? StageBlock(Scratch(inputs: inputs, stages: self))
    blocks[tensor] = block
    return block
  }

  /// Makes room for the tensors of another step.
  func forget() {
    for block in blocks.values {
      block.start = nil
      free.append(block)
    }
    blocks.removeAll(keepingCapacity: true)
  }
}

/// A block of a tensor in its stored dtype, and what it takes to compute it.
final class StageBlock: @unchecked Sendable {
  // Used by one worker at a time.
  let scratch: Scratch
  /// Room for a block of elements of any dtype.
  let bytes: UnsafeMutableRawBufferPointer
  /// The first element of the block that `bytes` holds, if they hold one.
  var start: Int?

  init(_ scratch: Scratch) {
    self.scratch = scratch
    bytes = .allocate(byteCount: Streaming.blockElements * Self.elementSize, alignment: 64)
  }

  deinit { bytes.deallocate() }

  /// The size of the largest element.
  private static let elementSize = 8

  /// The size of a block with its scratch in bytes.
  static func byteCount(inputs: Int) -> Int {
    Streaming.blockElements * elementSize + Scratch.byteCount(inputs: inputs)
  }
}
