internal import Kernels
internal import MergeMethods
internal import MergeSpecs
internal import Tensors

/// The tensors that a step reads, opened: in place where the source allows it, by copying bands where it does not.
final class StepInputs: Sendable {
  private struct Input: Sendable {
    let tensor: TensorDescription
    let source: any TensorSource
    let region: TensorRegion?
  }

  private let inputs: [Input]

  init(_ planned: [PlannedInput], sources: [any TensorSource]) throws {
    inputs = try planned.map { input in
      let source = sources[input.model]
      return Input(tensor: input.tensor, source: source, region: try source.region(of: input.tensor.name))
    }
  }

  var count: Int { inputs.count }

  /// The size of all inputs in bytes.
  var byteCount: Int { inputs.reduce(0) { $0 + $1.tensor.byteCount } }

  /// Calls `body` with each block of a band, converted to float32.
  ///
  /// - Parameters:
  ///   - blockStride: 1 for all blocks, n for those whose number is a multiple of n.
  ///   - takesBFloat16: whether blocks may be bfloat16 as stored, if all inputs are.
  func forEachBlock(
    of band: Range<Int>, every blockStride: Int = 1, takesBFloat16: Bool = false, scratch: Scratch,
    _ body: (InputBlock) throws -> Void
  ) throws {
    let bytes = try inputBytes(of: band, scratch: scratch)
    for start in stride(from: band.lowerBound, to: band.upperBound, by: Streaming.blockElements) {
      if start / Streaming.blockElements % blockStride != 0 { continue }
      let count = min(Streaming.blockElements, band.upperBound - start)
      if takesBFloat16, inputs.allSatisfy({ $0.tensor.dtype == .bfloat16 }) {
        for (index, first) in bytes.enumerated() {
          let source = first + (start - band.lowerBound) * 2
          scratch.point(input: index, to: source.assumingMemoryBound(to: UInt16.self))
        }
        try body(scratch.storedBlock(inputs: inputs.count, count: count, start: start))
        continue
      }
      for (index, input) in inputs.enumerated() {
        let dtype = input.tensor.dtype
        let source = bytes[index] + (start - band.lowerBound) * dtype.byteCount
        if dtype == .float32, Int(bitPattern: source) % 4 == 0 {
          scratch.point(input: index, to: source.assumingMemoryBound(to: Float.self))
        } else {
          let block = scratch.block(ofInput: index)
          VectorKernels.best.toFloat32(from: source, dtype: dtype, count: count, into: block)
          scratch.point(input: index, to: block)
        }
      }
      try body(scratch.inputBlock(inputs: inputs.count, count: count, start: start))
    }
  }

  /// Copies a band of the first input as it is stored.
  func copyBand(_ band: Range<Int>, into destination: UnsafeMutableRawBufferPointer) throws {
    try inputs[0].source.read(inputs[0].tensor.name, elements: band, into: destination)
  }

  /// Calls `body` with a band of the first input as it is stored, in place if possible.
  func withBytes(of band: Range<Int>, scratch: Scratch, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    let bytes = try inputBytes(of: band, scratch: scratch)
    try body(UnsafeRawBufferPointer(start: bytes[0], count: band.count * inputs[0].tensor.dtype.byteCount))
  }

  /// Lets go of the memory behind a band.
  func release(_ band: Range<Int>) {
    for input in inputs {
      let size = input.tensor.dtype.byteCount
      input.region?.release(band.lowerBound * size..<band.upperBound * size)
    }
  }

  /// Where each input's bytes of a band begin.
  private func inputBytes(of band: Range<Int>, scratch: Scratch) throws -> [UnsafeRawPointer] {
    // Sources that cannot be read in place get their places one behind the other, each on its own cache line.
    var copied = 0
    let offsets = inputs.map { input -> Int in
      defer { if input.region == nil { copied += (band.count * input.tensor.dtype.byteCount + 63) & ~63 } }
      return copied
    }
    let raw = copied > 0 ? scratch.rawBytes(copied) : nil
    return try zip(inputs, offsets).map { input, offset in
      let size = input.tensor.dtype.byteCount
      if let region = input.region, let base = region.bytes.baseAddress { return base + band.lowerBound * size }
      let place = raw.map { UnsafeMutableRawBufferPointer(rebasing: $0[offset..<offset + band.count * size]) }
      // Without an address the band is empty, and nothing is read from what stands in for one.
      guard let place, let address = place.baseAddress else { return UnsafeRawPointer(scratch.output) }
      try input.source.read(input.tensor.name, elements: band, into: place)
      return UnsafeRawPointer(address)
    }
  }
}
