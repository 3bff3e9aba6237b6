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
  private let inputs: StepInputs
  private let output: Output
  private let releases: Bool
  /// The names of the inputs' models, if the pass that writes is the first to see all elements and has to refuse some.
  private let unchecked: [String]?

  /// Opens the inputs and runs the surveys.
  ///
  /// - Parameters:
  ///   - residentBytes: inputs up to this size may stay in memory from one pass to the next.
  ///   - models: the names of the plan's models, if elements that are infinite or NaN are to be refused.
  init(
    step: PlanStep, sources: [any TensorSource], workers: ThreadTeam, scratches: [Scratch], residentBytes: Int,
    refusingNonFiniteOf models: [String]?
  ) throws {
    self.step = step
    inputs = try StepInputs(step.inputs, sources: sources)
    releases = inputs.byteCount > residentBytes
    let merge: any TensorMerge
    switch step.operation {
    case .copy where step.inputs.first?.tensor.dtype == step.output.dtype:
      output = .copy
      unchecked = nil
      return
    case .copy:
      merge = try PlainCopy.conversion(of: step)
    case .merge(_, _, let method):
      merge = try method.begin(
        MergeTask(
          tensor: step.output.name, shape: step.output.shape, inputCount: step.inputs.count, base: step.base,
          seed: step.seed ?? 0))
    }
    var names = models.map { models in step.inputs.map { models[$0.model] } }
    if case .copy = step.operation { names = nil }
    while true {
      switch try merge.nextPass() {
      case .combine(let combination):
        output = .combine(combination)
        unchecked = names
        return
      case .survey(let survey):
        let seesAll = survey.blockStride == 1
        try Self.run(
          survey, over: inputs, elements: step.output.shape.elementCount, releases: releases,
          refusingNonFiniteOf: seesAll ? names : nil, workers: workers, scratches: scratches)
        if seesAll { names = nil }
      }
    }
  }

  private static func run(
    _ survey: any Survey, over inputs: StepInputs, elements: Int, releases: Bool,
    refusingNonFiniteOf models: [String]?, workers: ThreadTeam, scratches: [Scratch]
  ) throws {
    let merging = Mutex(())
    try workers.share(Bands.count(of: elements)) { worker, next in
      let local = survey.makeLocal()
      while let index = next() {
        let band = Bands.range(index, of: elements)
        try inputs.forEachBlock(
          of: band, every: survey.blockStride, takesBFloat16: survey.takesBFloat16, refusingNonFiniteOf: models,
          scratch: scratches[worker]
        ) { survey.observe($0, into: local) }
        if releases { inputs.release(band) }
      }
      merging.withLock { _ in survey.merge(local) }
    }
  }

  /// Computes a band of the output in its stored dtype.
  ///
  /// - Parameters:
  ///   - band: elements that begin at a multiple of the block size.
  ///   - destination: room for exactly the band's bytes.
  func write(_ band: Range<Int>, into destination: UnsafeMutableRawBufferPointer, scratch: Scratch) throws {
    defer { inputs.release(band) }
    switch output {
    case .copy: try inputs.copyBand(band, into: destination)
    case .combine(let combination):
      let dtype = step.output.dtype
      try inputs.forEachBlock(
        of: band, takesBFloat16: combination.takesBFloat16, refusingNonFiniteOf: unchecked, scratch: scratch
      ) { block in
        let result = UnsafeMutableBufferPointer(start: scratch.output, count: block.count)
        combination.combine(block, into: result)
        guard let first = destination.baseAddress else { return }
        VectorKernels.best.fromFloat32(
          scratch.output, dtype: dtype, count: block.count,
          into: first + (block.start - band.lowerBound) * dtype.byteCount)
      }
    }
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
