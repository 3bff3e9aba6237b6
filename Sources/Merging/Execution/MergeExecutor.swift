internal import Checkpoints
internal import Kernels
public import MergeSpecs
public import Tensors
private import Synchronization

/// The resources a merge may use.
public struct MergeResources: Sendable, Hashable {
  /// The memory budget in bytes, for everything but the program itself.
  public var memory: Int
  /// How many threads compute.
  public var threads: Int

  /// The smallest budget that can be kept.
  public static let minimumMemory = 16_000_000
  /// The budget unless the user says otherwise: 1 GiB.
  public static let defaultMemory = 1 << 30

  /// States a budget; values below the minimum are raised to it.
  public init(memory: Int = defaultMemory, threads: Int) {
    self.memory = max(memory, Self.minimumMemory)
    self.threads = max(1, threads)
  }

  /// Inputs of a step up to this size stay mapped from one pass over them to the next.
  func residentBytes(_ sources: [any TensorSource]) -> Int {
    memory / 4 * 3 - (sources.contains { $0 is PlannedTensorSource } ? keptBytes : 0)
  }

  /// So much of the tensors of stages may be kept from one pass over them to the next.
  var keptBytes: Int { memory / 4 }

  /// How many bands of output may be in flight.
  func buffers(of bandBytes: Int) -> Int { max(threads + 1, min(threads + 8, memory / 4 / max(1, bandBytes))) }
}

/// Streams the steps of a plan from their sources into a sink.
///
/// Each thread takes a tensor at a time and streams it band by band, or all share a very large one; finished bands are
/// written behind their backs. The result depends on none of this: each output element is a function of its inputs, and
/// summaries are added in block order.
public struct MergeExecutor: Sendable {
  private let plan: MergePlan
  private let sources: [any TensorSource]
  private let resources: MergeResources
  private let digests: InputDigests?

  /// Prepares to carry out a plan.
  ///
  /// - Parameter sources: one per model of the plan, in its order.
  public init(plan: MergePlan, sources: [any TensorSource], resources: MergeResources) {
    self.init(plan: plan, sources: sources, resources: resources, digests: nil)
  }

  /// The same, with a place to note what was read.
  init(plan: MergePlan, sources: [any TensorSource], resources: MergeResources, digests: InputDigests?) {
    self.plan = plan
    self.sources = sources
    self.resources = resources
    self.digests = digests
  }

  /// Computes every tensor that is not done yet.
  ///
  /// - Parameters:
  ///   - done: tensors, as indices of steps, that the sink already has.
  ///   - progress: called with the number of bytes read and written since the last call, from any thread.
  public func run(
    into sink: any TensorSink, skipping done: Set<Int> = [], progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) throws {
    let workers = ThreadTeam(count: resources.threads)
    let kept = KeptBytes(limit: resources.keptBytes)
    let inputs = plan.steps.map(\.inputs.count).max() ?? 1
    let scratches = (0..<workers.count).map { _ in Scratch(inputs: inputs) }
    let capacity =
      plan.steps.indices.map { index in
        sink.band(tensor: index, elements: Bands.range(0, of: plan.steps[index].output.shape.elementCount)).byteCount
      }.max() ?? 0
    let writing = WriteBehind(
      sink: sink, buffers: resources.buffers(of: capacity), capacity: capacity, writers: Self.writers)
    do {
      let open = plan.steps.indices.filter { !done.contains($0) }
      for index in done where plan.steps.indices.contains(index) { progress(plan.steps[index].byteCount) }
      // Passes over one tensor end with a wait for the last band. So tensors go to one thread each, the largest first;
      // those that would keep a thread busy long after the others are shared by all.
      let total = open.reduce(0) { $0 + plan.steps[$1].output.shape.elementCount }
      let isShared = { (index: Int) in plan.steps[index].output.shape.elementCount * 4 * workers.count > total }
      for index in open where isShared(index) { try run(index, workers, scratches, kept, writing, sink, progress) }
      let own = open.filter { !isShared($0) }.sorted {
        let (first, second) = (plan.steps[$0].output.shape.elementCount, plan.steps[$1].output.shape.elementCount)
        return first != second ? first > second : $0 < $1
      }
      try workers.share(own.count) { worker, next in
        while let place = next() {
          try run(own[place], ThreadTeam(count: 1), [scratches[worker]], kept, writing, sink, progress)
        }
      }
    } catch {
      writing.cancel()
      throw error
    }
    try writing.close()
  }

  /// Two writers keep a disk busy: while one's request is under way the other's is being prepared.
  private static let writers = 2

  private func run(
    _ index: Int, _ workers: ThreadTeam, _ scratches: [Scratch], _ kept: KeptBytes, _ writing: WriteBehind,
    _ sink: any TensorSink, _ progress: @escaping @Sendable (Int) -> Void
  ) throws {
    let step = plan.steps[index]
    for scratch in scratches { scratch.stages.forget() }
    let context = StepContext(
      workers: workers, scratches: scratches,
      residentBytes: resources.residentBytes(sources) / resources.threads * workers.count, kept: kept, digests: digests,
      modelsToCheck: plan.modelsToCheck)
    let runner = try StepRunner(step: step, sources: sources, context: context, readsOnce: true)
    let elements = step.output.shape.elementCount
    let bands = Bands.count(of: elements)
    if bands == 0 { return try sink.finished(tensor: index) }
    writing.expect(tensor: index, bands: bands)
    let size = step.output.dtype.byteCount
    let inputSize = step.inputs.reduce(0) { $0 + $1.tensor.dtype.byteCount }
    try workers.share(bands) { worker, next in
      while let number = next() {
        let band = Bands.range(number, of: elements)
        let stored = sink.band(tensor: index, elements: band)
        let buffer = try writing.take(stored)
        if stored.isPlain {
          try runner.write(band, into: buffer.bytes, scratch: scratches[worker])
        } else {
          try runner.forEachPart(of: band, scratch: scratches[worker]) { bytes, first in
            sink.encode(bytes, from: first, of: stored, into: buffer.bytes)
          }
        }
        writing.submit(buffer)
        progress(band.count * (inputSize + size))
      }
    }
  }
}

extension MergePlan {
  /// The names of the models, if what is infinite or NaN in them is refused.
  var modelsToCheck: [String]? { allowsNonFinite ? nil : models.map(\.reference) }
}

extension PlanStep {
  /// The bytes that the step reads and writes, each counted once.
  public var byteCount: Int { output.byteCount + inputs.reduce(0) { $0 + $1.byteCount } }
}
