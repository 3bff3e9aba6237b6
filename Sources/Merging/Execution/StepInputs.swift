internal import Checkpoints
internal import Kernels
internal import MergeMethods
internal import MergeSpecs
internal import Tensors

/// The tensors that a step reads, opened: in place where the source allows it, computed block by block where they come
/// from a stage, by copying bands otherwise.
final class StepInputs: Sendable {
  private struct Input: Sendable {
    let planned: PlannedInput
    let source: any TensorSource
    var region: TensorRegion?
    var stage: PreparedTensor?
    /// Whether the tensor comes from a stage, computed or kept.
    let isOfStage: Bool

    var tensor: TensorDescription { planned.whole }
  }

  private let inputs: [Input]
  private let digests: InputDigests?
  /// All tensors of stages that the inputs are made of, each once.
  private let stages: [PreparedTensor]

  private init(_ inputs: [Input], digests: InputDigests?) {
    self.inputs = inputs
    self.digests = digests
    var all: [UInt64: PreparedTensor] = [:]
    for stage in inputs.compactMap(\.stage) {
      all[stage.number] = stage
      for inner in stage.inputs.stages { all[inner.number] = inner }
    }
    stages = all.sorted { $0.key < $1.key }.map(\.value)
  }

  /// Opens inputs; those that are tensors of stages are prepared.
  convenience init(_ planned: [PlannedInput], sources: [any TensorSource], context: StepContext) throws {
    var context = context
    // What one stage's surveys leave in memory stays there while the next one's run.
    context.residentBytes /=
      planned.count {
        sources[$0.model].lastOrigin(of: $0.tensor.name) is PlannedTensorSource
      } + 1
    self.init(
      try planned.map { input in
        let source = try input.source(in: sources).lastOrigin(of: input.tensor.name)
        if let stage = source as? PlannedTensorSource {
          if let stored = stage.stored {
            let region = try stored.region(of: input.tensor.name)
            return Input(planned: input, source: stored, region: region, isOfStage: true)
          }
          let tensor = try stage.prepared(input.tensor.name, context: context)
          return Input(planned: input, source: source, stage: tensor, isOfStage: true)
        }
        return Input(
          planned: input, source: source, region: try source.region(of: input.tensor.name), isOfStage: false)
      }, digests: context.digests)
  }

  var count: Int { inputs.count }

  /// The size of everything that is read, in bytes.
  var byteCount: Int { ownByteCount + stages.reduce(0) { $0 + $1.inputs.ownByteCount } }

  private var ownByteCount: Int { inputs.reduce(0) { $0 + ($1.stage == nil ? $1.tensor.byteCount : 0) } }

  /// The inputs with those from stages computed for good, as far as there is memory for them.
  func keeping(_ context: StepContext) throws -> StepInputs {
    guard !stages.isEmpty else { return self }
    var inputs = inputs
    var known: [UInt64: TensorRegion] = [:]
    for (index, input) in inputs.enumerated() {
      guard let stage = input.stage else { continue }
      if known[stage.number] == nil, let lease = context.kept.take(input.tensor.byteCount) {
        let size = input.tensor.dtype.byteCount
        let elements = input.tensor.shape.elementCount
        try context.workers.share(Bands.count(of: elements)) { worker, next in
          while let number = next() {
            let band = Bands.range(number, of: elements)
            let place = lease.bytes[band.lowerBound * size..<band.upperBound * size]
            try stage.compute(
              band, into: UnsafeMutableRawBufferPointer(rebasing: place), scratch: context.scratches[worker])
            stage.inputs.release(band)
          }
        }
        known[stage.number] = TensorRegion(bytes: UnsafeRawBufferPointer(lease.bytes), owner: lease)
      }
      guard let region = known[stage.number] else { continue }
      inputs[index].region = region
      inputs[index].stage = nil
    }
    return known.isEmpty ? self : StepInputs(inputs, digests: digests)
  }

  /// Calls `body` with each block of a band, converted to float32.
  ///
  /// - Parameters:
  ///   - survey: whose blocks are wanted, if not all of them are.
  ///   - takesBFloat16: whether blocks may be bfloat16 as stored, if all inputs are.
  ///   - isLastPass: whether the band will not be read again.
  ///   - models: the names of the inputs' models, if elements that are infinite or NaN are to be refused.
  func forEachBlock(
    of band: Range<Int>, for survey: (any Survey)? = nil, takesBFloat16: Bool = false, isLastPass: Bool = false,
    refusingNonFiniteOf models: [String]?, scratch: Scratch,
    _ body: (InputBlock) throws -> Void
  ) throws {
    let starts = stride(from: band.lowerBound, to: band.upperBound, by: Streaming.blockElements).filter {
      survey?.wants(block: $0 / Streaming.blockElements) ?? true
    }
    if starts.isEmpty { return }
    let bytes = try inputBytes(of: band, scratch: scratch)
    // Blocks are digested while a cache holds them, where the pass goes over whole bands.
    let digesters = isLastPass ? digesters(of: band) : nil
    if isLastPass, digesters == nil { note(band, bytes) }
    let isStored = takesBFloat16 && inputs.allSatisfy { $0.tensor.dtype == .bfloat16 }
    for start in starts {
      let count = min(Streaming.blockElements, band.upperBound - start)
      for (index, input) in inputs.enumerated() {
        let dtype = input.tensor.dtype
        let source =
          try input.stage?.block(at: start, count: count, scratch: scratch)
          ?? bytes[index] + (start - band.lowerBound) * dtype.byteCount
        digesters?[index]?.update(UnsafeRawBufferPointer(start: source, count: count * dtype.byteCount))
        if isStored {
          scratch.point(input: index, to: source.assumingMemoryBound(to: UInt16.self))
        } else if dtype == .float32, Int(bitPattern: source) % 4 == 0 {
          scratch.point(input: index, to: source.assumingMemoryBound(to: Float.self))
        } else {
          let block = scratch.block(ofInput: index)
          VectorKernels.best.toFloat32(from: source, dtype: dtype, count: count, into: block)
          scratch.point(input: index, to: block)
        }
      }
      let block =
        isStored
        ? scratch.storedBlock(inputs: inputs.count, count: count, start: start)
        : scratch.inputBlock(inputs: inputs.count, count: count, start: start)
      if let models { try refuseNonFinite(block, of: models) }
      try body(block)
    }
    for (input, digester) in zip(inputs, digesters ?? []) {
      if let digester {
        digests?.add(digester.digest, of: input.planned, band: band.lowerBound / Bands.elements)
      }
    }
  }

  /// For each input a digest in the making where one is wanted; nil unless the elements are a whole band.
  private func digesters(of part: Range<Int>) -> [ContentDigester?]? {
    guard let digests, let elements = inputs.first?.tensor.shape.elementCount else { return nil }
    let number = part.lowerBound / Bands.elements
    guard part == Bands.range(number, of: elements) else { return nil }
    return inputs.map { $0.isOfStage ? nil : digests.digester(of: $0.planned, band: number) }
  }

  private func refuseNonFinite(_ block: InputBlock, of models: [String]) throws(NonFiniteInputError) {
    for (place, input) in inputs.enumerated() {
      if let stored = block.bfloat16 {
        if VectorKernels.best.allFinite(stored[place], bfloat16: true, count: block.count) { continue }
        let values = (0..<block.count).map { Float(bitPattern: UInt32(stored[place][$0]) << 16) }
        try NonFiniteInputError.refuse(values, from: block.start, tensor: input.tensor.name, model: models[place])
      } else if !VectorKernels.best.allFinite(block.inputs[place], count: block.count) {
        try NonFiniteInputError.refuse(
          Array(block[place]), from: block.start, tensor: input.tensor.name, model: models[place])
      }
    }
  }

  /// Copies a band of the first input as it is stored.
  func copyBand(_ band: Range<Int>, into destination: UnsafeMutableRawBufferPointer, scratch: Scratch) throws {
    if let stage = inputs[0].stage { return try stage.compute(band, into: destination, scratch: scratch) }
    try inputs[0].source.read(inputs[0].tensor.name, elements: band, into: destination)
    if let first = destination.baseAddress { note(band, [UnsafeRawPointer(first)]) }
  }

  /// Calls `body` with a band of the first input as it is stored, in place if possible.
  func withBytes(of band: Range<Int>, scratch: Scratch, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    let size = band.count * inputs[0].tensor.dtype.byteCount
    if let stage = inputs[0].stage {
      let room = UnsafeMutableRawBufferPointer(rebasing: scratch.rawBytes(size)[..<size])
      try stage.compute(band, into: room, scratch: scratch)
      return try body(UnsafeRawBufferPointer(room))
    }
    let bytes = try inputBytes(of: band, scratch: scratch)
    note(band, bytes)
    try body(UnsafeRawBufferPointer(start: bytes[0], count: size))
  }

  /// Notes what a pass reads of files: all of a band where it reads the band's first block.
  private func note(_ part: Range<Int>, _ bytes: [UnsafeRawPointer]) {
    guard let digests, part.lowerBound % Bands.elements == 0 else { return }
    let number = part.lowerBound / Bands.elements
    for (input, first) in zip(inputs, bytes) where !input.isOfStage && input.planned.fill == nil {
      let band = Bands.range(number, of: input.tensor.shape.elementCount)
      let size = input.tensor.dtype.byteCount
      if let region = input.region {
        let stored = region.bytes[band.lowerBound * size..<band.upperBound * size]
        digests.add(UnsafeRawBufferPointer(rebasing: stored), of: input.planned, band: number)
      } else if part.upperBound >= band.upperBound {
        digests.add(UnsafeRawBufferPointer(start: first, count: band.count * size), of: input.planned, band: number)
      }
    }
  }

  /// Lets go of the memory behind a band, in all that the inputs are made of.
  func release(_ band: Range<Int>) {
    releaseOwn(band)
    for stage in stages { stage.inputs.releaseOwn(band) }
  }

  private func releaseOwn(_ band: Range<Int>) {
    for input in inputs {
      let size = input.tensor.dtype.byteCount
      input.region?.release(band.lowerBound * size..<band.upperBound * size)
    }
  }

  /// Where each input's bytes of a band begin; tensors of stages have none.
  private func inputBytes(of band: Range<Int>, scratch: Scratch) throws -> [UnsafeRawPointer] {
    // Sources that cannot be read in place get their places one behind the other, each on its own cache line.
    var copied = 0
    let offsets = inputs.map { input -> Int in
      defer {
        if input.region == nil, input.stage == nil { copied += (band.count * input.tensor.dtype.byteCount + 63) & ~63 }
      }
      return copied
    }
    let raw = copied > 0 ? scratch.rawBytes(copied) : nil
    return try zip(inputs, offsets).map { input, offset in
      let size = input.tensor.dtype.byteCount
      // Nothing is read from what stands in for an address where there is none.
      if input.stage != nil { return UnsafeRawPointer(scratch.output) }
      if let region = input.region, let base = region.bytes.baseAddress { return base + band.lowerBound * size }
      let place = raw.map { UnsafeMutableRawBufferPointer(rebasing: $0[offset..<offset + band.count * size]) }
      guard let place, let address = place.baseAddress else { return UnsafeRawPointer(scratch.output) }
      try input.source.read(input.tensor.name, elements: band, into: place)
      return UnsafeRawPointer(address)
    }
  }
}
