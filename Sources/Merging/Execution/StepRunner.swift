internal import Kernels
internal import MergeMethods
internal import MergeSpecs
private import Synchronization
internal import Tensors

/// Carries out one step of a plan: the surveys first, then the output band by band.
final class StepRunner: Sendable {
  private enum Output: Sendable {
    case copy
    case combine(any Combination)
  }

  let step: PlanStep
  let inputs: StepInputs
  private let output: Output
  /// The names of the inputs' models, if the pass that writes is the first to see all elements and has to refuse some.
  private let unchecked: [String]?

  /// Opens the inputs and runs the surveys.
  ///
  /// - Parameter readsOnce: whether the output will be computed soon, and once, so that what the surveys needed is
  ///   worth keeping for it.
  init(step: PlanStep, sources: [any TensorSource], context: StepContext, readsOnce: Bool) throws {
    self.step = step
    let opened = try StepInputs(step.inputs, sources: sources, context: context)
    let spareBytes = readsOnce ? context.residentBytes / 6 : 0
    let releases = opened.byteCount + step.drawnByteCount > context.residentBytes
    let merge: any TensorMerge
    switch step.operation {
    case .copy where step.inputs.first?.tensor.dtype == step.output.dtype:
      inputs = opened
      output = .copy
      unchecked = nil
      return
    case .copy:
      merge = try PlainCopy.conversion(of: step)
    case .merge(_, _, let method):
      merge = try method.begin(
        MergeTask(
          tensor: step.output.name, shape: step.output.shape, inputCount: step.inputs.count, base: step.base,
          seed: step.seed ?? 0, spareBytes: spareBytes))
    }
    var names = context.modelsToCheck.map { models in step.inputs.map { models[$0.model] } }
    if case .copy = step.operation { names = nil }
    var surveyed = opened
    var surveys = 0
    while true {
      switch try merge.nextPass() {
      case .combine(let combination):
        inputs = readsOnce ? surveyed : opened
        output = .combine(combination)
        unchecked = names
        return
      case .survey(let survey):
        let seesAll = survey.blockStride == 1
        surveys += 1
        // Tensors of stages are computed for good when at least one more pass is to come.
        if surveys == (readsOnce ? 1 : 2) { surveyed = try opened.keeping(context) }
        try Self.run(
          survey, over: surveyed, elements: step.output.shape.elementCount, releases: releases,
          refusingNonFiniteOf: seesAll ? names : nil, context)
        if seesAll { names = nil }
      }
    }
  }

  private static func run(
    _ survey: any Survey, over inputs: StepInputs, elements: Int, releases: Bool,
    refusingNonFiniteOf models: [String]?, _ context: StepContext
  ) throws {
    let merging = Mutex(())
    try context.workers.share(Bands.count(of: elements)) { worker, next in
      let local = survey.makeLocal()
      while let index = next() {
        let band = Bands.range(index, of: elements)
        try inputs.forEachBlock(
          of: band, for: survey, takesBFloat16: survey.takesBFloat16, refusingNonFiniteOf: models,
          scratch: context.scratches[worker]
        ) { survey.observe($0, into: local) }
        if releases { inputs.release(band) }
      }
      merging.withLock { _ in survey.merge(local) }
    }
  }

  /// Computes a band of the output in its stored dtype, and lets go of the memory behind it.
  func write(_ band: Range<Int>, into destination: UnsafeMutableRawBufferPointer, scratch: Scratch) throws {
    defer { inputs.release(band) }
    try compute(band, into: destination, scratch: scratch)
  }

  /// Computes a part of the output in its stored dtype.
  ///
  /// - Parameters:
  ///   - part: elements that begin at a multiple of the block size.
  ///   - destination: room for exactly the part's bytes.
  func compute(_ part: Range<Int>, into destination: UnsafeMutableRawBufferPointer, scratch: Scratch) throws {
    switch output {
    case .copy: try inputs.copyBand(part, into: destination, scratch: scratch)
    case .combine(let combination):
      let size = step.output.dtype.byteCount
      try combine(part, with: combination, scratch) { values, first, count in
        guard let base = destination.baseAddress else { return }
        store(values, count: count, at: base + (first - part.lowerBound) * size)
      }
    }
  }

  /// Computes a band of the output in its stored dtype, hands it on, if not in place then in parts that are still in a
  /// cache, and lets go of the memory behind it.
  ///
  /// - Parameters:
  ///   - band: elements that begin at a multiple of the block size.
  ///   - body: takes elements and the number of the first of them, a multiple of the block size.
  func forEachPart(
    of band: Range<Int>, scratch: Scratch, _ body: (UnsafeRawBufferPointer, _ first: Int) throws -> Void
  ) throws {
    defer { inputs.release(band) }
    switch output {
    case .copy: try inputs.withBytes(of: band, scratch: scratch) { try body($0, band.lowerBound) }
    case .combine(let combination):
      let size = step.output.dtype.byteCount
      try combine(band, with: combination, scratch) { values, first, count in
        store(values, count: count, at: scratch.elements)
        try body(UnsafeRawBufferPointer(start: scratch.elements, count: count * size), first)
      }
    }
  }

  private func combine(
    _ part: Range<Int>, with combination: any Combination, _ scratch: Scratch,
    _ body: (_ values: UnsafePointer<Float>, _ first: Int, _ count: Int) throws -> Void
  ) throws {
    try inputs.forEachBlock(
      of: part, takesBFloat16: combination.takesBFloat16, isLastPass: true, refusingNonFiniteOf: unchecked,
      scratch: scratch
    ) { block in
      combination.combine(block, into: UnsafeMutableBufferPointer(start: scratch.output, count: block.count))
      try body(scratch.output, block.start, block.count)
    }
  }

  private func store(_ values: UnsafePointer<Float>, count: Int, at place: UnsafeMutableRawPointer) {
    VectorKernels.best.fromFloat32(values, dtype: step.output.dtype, count: count, into: place)
  }
}

/// A copy that changes the dtype: a combination with the single coefficient one.
enum PlainCopy {
  static func conversion(of step: PlanStep) throws -> any TensorMerge {
    guard let passthrough = Catalog.method(named: "passthrough") else {
      throw MergeMethodError("the catalogue has no passthrough")
    }
    return try passthrough.make(ResolvedParameters(perInput: [[:]])).begin(
      MergeTask(tensor: step.output.name, shape: step.output.shape, inputCount: 1, base: nil))
  }
}
