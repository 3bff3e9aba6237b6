internal import Kernels
internal import MergeMethods
public import MergeSpecs
private import Synchronization
public import Tensors

/// A plan as a model: tensors are merged while they are read, and nothing is written anywhere.
public struct PlannedTensorSource: TensorSource {
  /// The tensors of the merge.
  public let index: TensorIndex
  private let steps: [String: PlanStep]
  private let sources: [any TensorSource]
  private let resources: MergeResources
  private let modelsToCheck: [String]?
  private let prepared = PreparedTensors()
  private let pool: ScratchPool
  private let kept: KeptBytes
  private let digests: InputDigests?
  private let storage: StageStorage

  /// Serves a plan.
  ///
  /// - Parameter sources: one per model of the plan, in its order.
  public init(plan: MergePlan, sources: [any TensorSource], resources: MergeResources) {
    self.init(plan: plan, sources: sources, resources: resources, digests: nil, storage: StageStorage())
  }

  /// Serves a plan.
  ///
  /// - Parameters:
  ///   - digests: where to note what is read for steps of another merge, if that takes notes.
  ///   - storage: where the tensors may lie on disk.
  init(
    plan: MergePlan, sources: [any TensorSource], resources: MergeResources, digests: InputDigests?,
    storage: StageStorage
  ) {
    self.digests = digests
    self.storage = storage
    index = plan.outputIndex
    steps = Dictionary(plan.steps.map { ($0.output.name, $0) }, uniquingKeysWith: { first, _ in first })
    self.sources = sources
    self.resources = resources
    modelsToCheck = plan.modelsToCheck
    pool = ScratchPool(threads: resources.threads, inputs: plan.steps.map(\.inputs.count).max() ?? 0)
    kept = KeptBytes(limit: resources.keptBytes)
  }

  /// Merges the tensor and copies the elements asked for.
  ///
  /// Methods that survey their inputs do so when a tensor is first read; for a while after that its parts can be had
  /// without.
  public func read(
    _ tensor: String, elements range: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    let description = try checkRequest(tensor, elements: range, into: destination)
    guard !range.isEmpty else { return }
    if let stored { return try stored.read(tensor, elements: range, into: destination) }
    let workers = ThreadTeam(count: resources.threads)
    let scratches = pool.take()
    defer { pool.giveBack(scratches) }
    let context = StepContext(
      workers: workers, scratches: scratches, residentBytes: resources.residentBytes(sources), kept: kept,
      modelsToCheck: modelsToCheck)
    let elements = description.shape.elementCount
    let runner =
      range.count == elements
      ? try StepRunner(step: step(of: tensor), sources: sources, context: context, readsOnce: true)
      : try prepared(tensor, context: context).runner
    let size = description.dtype.byteCount
    let first = range.lowerBound / Bands.elements
    let last = (range.upperBound - 1) / Bands.elements
    let target = UnsafeDestination(destination)
    try workers.share(last - first + 1) { worker, next in
      while let number = next() {
        let wanted = Bands.range(first + number, of: elements).clamped(to: range)
        let part = Self.blocks(around: wanted, of: elements)
        let place = UnsafeMutableRawBufferPointer(
          rebasing: target.bytes[
            (wanted.lowerBound - range.lowerBound) * size..<(wanted.upperBound - range.lowerBound) * size])
        if wanted == part {
          try runner.write(part, into: place, scratch: scratches[worker])
        } else {
          // Whole blocks are computed; what was not asked for is left behind.
          let whole = UnsafeMutableRawBufferPointer.allocate(byteCount: part.count * size, alignment: 64)
          defer { whole.deallocate() }
          try runner.write(part, into: whole, scratch: scratches[worker])
          let skipped = (wanted.lowerBound - part.lowerBound) * size
          place.copyMemory(from: UnsafeRawBufferPointer(rebasing: whole[skipped..<skipped + wanted.count * size]))
        }
      }
    }
  }

  /// The bytes of a tensor that lies on disk.
  public func region(of tensor: String) throws -> TensorRegion? { try stored?.region(of: tensor) }

  /// The checkpoint that holds all tensors, if there is one.
  var stored: (any TensorSource)? { storage.checkpoint }

  /// A tensor with its surveys done, for a step of another merge that reads it block by block.
  func prepared(_ tensor: String, context: StepContext) throws -> PreparedTensor {
    var context = context
    context.digests = context.digests == nil ? nil : digests
    context.modelsToCheck = modelsToCheck
    return try prepared.tensor(tensor) {
      try PreparedTensor(try step(of: tensor), sources: sources, context: context)
    }
  }

  /// How a tensor comes about, and from where.
  func step(_ tensor: String) -> (step: PlanStep, sources: [any TensorSource])? { steps[tensor].map { ($0, sources) } }

  /// The memory of one reader who brings none, in bytes.
  var readerByteCount: Int { pool.byteCount }

  /// How many bytes of tensors may be kept for such readers.
  var keptLimit: Int { resources.keptBytes }

  /// What tells this source from others.
  var identity: ObjectIdentifier { ObjectIdentifier(prepared) }

  private func step(of tensor: String) throws(TensorSourceError) -> PlanStep {
    guard let step = steps[tensor] else { throw .noSuchTensor(tensor) }
    return step
  }

  /// The blocks that elements lie in.
  private static func blocks(around range: Range<Int>, of elements: Int) -> Range<Int> {
    let block = Streaming.blockElements
    return range.lowerBound / block * block..<min((range.upperBound + block - 1) / block * block, elements)
  }
}

/// Where a stage lies on disk, once it does.
///
/// A class, because whoever reads from the stage, behind whatever other source, is to read it there from then on.
final class StageStorage: Sendable {
  private let state = Mutex<(any TensorSource)?>(nil)

  /// A checkpoint with all tensors of the stage.
  var checkpoint: (any TensorSource)? {
    get { state.withLock { $0 } }
    set { state.withLock { $0 = newValue } }
  }
}

/// The memory of workers, reused from one read to the next.
private final class ScratchPool: Sendable {
  private let threads: Int
  private let inputs: Int
  private let free = Mutex<[[Scratch]]>([])

  init(threads: Int, inputs: Int) {
    self.threads = threads
    self.inputs = inputs
  }

  /// The size of what one reader takes, in bytes.
  var byteCount: Int { threads * Scratch.byteCount(inputs: inputs) }

  func take() -> [Scratch] {
    let known = free.withLock { $0.popLast() }
    return known ?? (0..<threads).map { _ in Scratch(inputs: inputs) }
  }

  func giveBack(_ scratches: [Scratch]) {
    for scratch in scratches { scratch.stages.forget() }
    free.withLock { $0.append(scratches) }
  }
}

/// The caller's buffer, written by several workers at disjoint places.
private struct UnsafeDestination: @unchecked Sendable {
  // Workers write to disjoint ranges, and the call that owns the buffer outlives them.
  let bytes: UnsafeMutableRawBufferPointer
  init(_ bytes: UnsafeMutableRawBufferPointer) { self.bytes = bytes }
}
