import MergeMethods
import Tensors

/// Carries out a method on arrays, band by band, in an order that the caller chooses.
struct InMemoryMerge {
  var shape: Shape
  var base: Int?
  /// The order in which bands are visited and how many local summaries share them.
  var reversed = false
  var locals = 1
  var seed: UInt64 = 0

  func run(_ method: any MergeMethod, _ inputs: [[Float]]) throws -> [Float] {
    let task = MergeTask(tensor: "test.weight", shape: shape, inputCount: inputs.count, base: base, seed: seed)
    let merge = try method.begin(task)
    var output = [Float](repeating: .nan, count: shape.elementCount)
    while true {
      switch try merge.nextPass() {
      case .survey(let survey):
        let locals = (0..<locals).map { _ in survey.makeLocal() }
        forEachBlock(inputs) { block in
          if !survey.wants(block: block.start / Streaming.blockElements) { return }
          survey.observe(block, into: locals[block.start / Streaming.bandElements % locals.count])
        }
        for local in locals { survey.merge(local) }
      case .combine(let combination):
        output.withUnsafeMutableBufferPointer { out in
          forEachBlock(inputs) { block in
            combination.combine(
              block, into: UnsafeMutableBufferPointer(rebasing: out[block.start..<block.start + block.count]))
          }
        }
        return output
      }
    }
  }

  private func forEachBlock(_ inputs: [[Float]], _ body: (InputBlock) -> Void) {
    let bands = Array(stride(from: 0, to: shape.elementCount, by: Streaming.bandElements))
    let starts = (reversed ? bands.reversed() : bands).flatMap { band in
      stride(from: band, to: min(band + Streaming.bandElements, shape.elementCount), by: Streaming.blockElements)
    }
    for start in starts {
      let count = min(Streaming.blockElements, shape.elementCount - start)
      let copies = inputs.map { input in
        let memory = UnsafeMutablePointer<Float>.allocate(capacity: count)
        memory.initialize(from: Array(input[start..<start + count]), count: count)
        return UnsafePointer(memory)
      }
      defer { for copy in copies { copy.deallocate() } }
      copies.withUnsafeBufferPointer { body(InputBlock(inputs: $0, count: count, start: start)) }
    }
  }
}

/// A small generator, so that tests draw the same numbers everywhere.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

/// A base and models that differ from it by small multiples of a step, so that magnitudes are equal in many places.
func family(models: Int, count: Int, seed: UInt64 = 1, coarse: Bool = false) -> (base: [Float], models: [[Float]]) {
  var generator = SplitMix(state: seed)
  let base = (0..<count).map { _ in Float.random(in: -1...1, using: &generator) }
  let others = (0..<models).map { _ in
    base.map { value in
      let step = Float.random(in: -0.25...0.25, using: &generator)
      return value + (coarse ? (step * 32).rounded() / 32 : step)
    }
  }
  return (base, others)
}

extension MethodDescription {
  /// The method with the same values for every input.
  func make(_ global: [String: Double] = [:], each perModel: [String: Double] = [:], inputs: Int) throws
    -> any MergeMethod
  {
    try make(ResolvedParameters(global: global, perInput: Array(repeating: perModel, count: inputs)))
  }
}
