internal import MergeMethods
internal import MergeSpecs
private import Synchronization
internal import Tensors

/// A tensor of a stage whose surveys are done, so that any part of it can be computed at once.
final class PreparedTensor: Sendable {
  /// A number that no other one has.
  let number: UInt64
  let runner: StepRunner

  private static let count = Atomic<UInt64>(0)

  /// Prepares the tensor of a step.
  ///
  /// - Parameter context: what the step that reads the tensor has at its disposal.
  init(_ step: PlanStep, sources: [any TensorSource], context: StepContext) throws {
    let number = Self.count.wrappingAdd(1, ordering: .relaxed).oldValue
    self.number = number
    var context = context
    // The reader's scratch has room for as many inputs as the reader has.
    context.scratches = context.scratches.map { $0.stages.block(of: number, inputs: step.inputs.count).scratch }
    runner = try StepRunner(step: step, sources: sources, context: context, readsOnce: false)
  }

  /// What the tensor is made of.
  var inputs: StepInputs { runner.inputs }

  /// A block in the stored dtype, valid until the worker computes another block of this tensor.
  func block(at start: Int, count: Int, scratch: Scratch) throws -> UnsafeRawPointer {
    let block = scratch.stages.block(of: number, inputs: inputs.count)
    let size = runner.step.output.dtype.byteCount
    let bytes = UnsafeMutableRawBufferPointer(rebasing: block.bytes[0..<count * size])
    if block.start != start {
      block.start = nil
      try runner.compute(start..<start + count, into: bytes, scratch: block.scratch)
      block.start = start
    }
    // Without an address the block is empty, and nothing is read from what stands in for one.
    return UnsafeRawPointer(bytes.baseAddress ?? UnsafeMutableRawPointer(scratch.output))
  }

  /// Computes elements that begin at a multiple of the block size.
  func compute(_ range: Range<Int>, into destination: UnsafeMutableRawBufferPointer, scratch: Scratch) throws {
    let block = scratch.stages.block(of: number, inputs: inputs.count)
    try runner.compute(range, into: destination, scratch: block.scratch)
  }
}

/// The tensors of a stage that have been prepared lately.
///
/// A class, because several threads look for the same tensors.
final class PreparedTensors: Sendable {
  /// A tensor that is prepared once, by the first who needs it, while others wait.
  private final class Entry: Sendable {
    let prepared = Mutex<PreparedTensor?>(nil)
  }

  private struct Entries {
    var entries: [String: Entry] = [:]
    /// The names, the one used last at the end.
    var order: [String] = []
  }

  /// A prepared tensor is little more than the summaries of its surveys.
  private static let capacity = 64

  private let state = Mutex(Entries())

  /// A tensor, prepared now if it is not.
  func tensor(_ name: String, prepare: () throws -> PreparedTensor) throws -> PreparedTensor {
    let entry = state.withLock { state in
      let entry = state.entries[name] ?? Entry()
      state.entries[name] = entry
      state.order.removeAll { $0 == name }
      state.order.append(name)
      if state.order.count > Self.capacity { state.entries[state.order.removeFirst()] = nil }
      return entry
    }
    return try entry.prepared.withLock { prepared in
      if let prepared { return prepared }
      let fresh = try prepare()
      prepared = fresh
      return fresh
    }
  }
}
