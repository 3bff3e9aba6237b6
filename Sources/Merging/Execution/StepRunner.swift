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

  /// Opens the inputs and runs the surveys.
  ///
  /// - Parameter residentBytes: inputs up to this size may stay in memory from one pass to the next.
  init(
    step: PlanStep, sources: [any TensorSource], workers: ThreadTeam, scratches: [Scratch], residentBytes: Int
  ) throws {
    self.step = step
    inputs = try StepInputs(step.inputs, sources: sources)
    releases = inputs.byteCount > residentBytes
    let merge: any TensorMerge
    switch step.operation {
    case .copy where step.inputs.first?.tensor.dtype == step.output.dtype:
      output = .copy
      return
    case .copy:
      merge = try PlainCopy.conversion(of: step)
    case .merge(_, _, let method):
      merge = try method.begin(
        MergeTask(
          tensor: step.output.name, shape: step.output.shape, inputCount: step.inputs.count, base: step.base,
          seed: step.seed ?? 0))
    }
    while true {
      switch try merge.nextPass() {
      case .combine(let combination):
        output = .combine(combination)
        return
      case .survey(let survey):
        try Self.run(
          survey, over: inputs, elements: step.output.shape.elementCount, releases: releases, workers: workers,
          scratches: scratches)
      }
    }
  }

  private static func run(
    _ survey: any Survey, over inputs: StepInputs, elements: Int, releases: Bool, workers: ThreadTeam,
    scratches: [Scratch]
  ) throws {
    let merging = Mutex(())
    try workers.share(Bands.count(of: elements)) { worker, next in
      let local = survey.makeLocal()
      while let index = next() {
        let band = Bands.range(index, of: elements)
        try inputs.forEachBlock(
          of: band, every: survey.blockStride, takesBFloat16: survey.takesBFloat16, scratch: scratches[worker]
        ) { survey.observe($0, into: local) }
        if releases { inputs.release(band) }
      }
      merging.withLock { _ in survey.merge(local) }
    }
  }

  /// Computes a band of the output in its dtype.
  ///
  /// - Parameters:
  ///   - band: elements that begin at a multiple of the block size.
  ///   - destination: room for exactly the band's bytes.
  func write(_ band: Range<Int>, into destination: UnsafeMutableRawBufferPointer, scratch: Scratch) throws {
    defer { inputs.release(band) }
    switch output {
    case .copy: try inputs.copyBand(band, into: destination)
    case .combine(let combination):
      let size = step.output.dtype.byteCount
      try combine(band, with: combination, scratch) { values, first, count in
        guard let base = destination.baseAddress else { return }
        store(values, count: count, at: base + (first - band.lowerBound) * size)
      }
    }
  }

  /// Computes a band of the output in its dtype and hands it on in parts that are still in a cache, if not in place.
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
    _ band: Range<Int>, with combination: any Combination, _ scratch: Scratch,
    _ body: (_ values: UnsafePointer<Float>, _ first: Int, _ count: Int) throws -> Void
  ) throws {
    try inputs.forEachBlock(of: band, takesBFloat16: combination.takesBFloat16, scratch: scratch) { block in
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
