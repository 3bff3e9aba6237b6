import BraidTesting
import Kernels
import Tensors
import Testing

@Suite struct BlockQuantizationTests {
  private let kernels = VectorKernels.best

  @Test(arguments: [
    // As measured, rounded up. ggml's own search leaves 0.0713 and 0.0177 in the last two, and levels that merely
    // reach from minimum to maximum 0.0783 in Q4_K.
    (BlockFormat.q4_0, 0.0870), (.q4_1, 0.0792), (.q5_0, 0.0434), (.q5_1, 0.0385), (.q8_0, 0.0055), (.q4_K, 0.0708),
    (.q6_K, 0.0172),
  ]) func `normal numbers keep their values within the format's error`(format: BlockFormat, limit: Double) {
    let numbers = normal(seed: 1, count: 256 * 256)
    // Small numbers have scales that are subnormal in float16 and coarse; Q4_K and Q6_K reach further down.
    for scale: Float in [100, 1, 0.02, format.elementsPerBlock == 256 ? 1e-4 : 0.01] {
      let scaled = numbers.map { $0 * scale }
      let error = deviation(kernels.elements(of: kernels.blocks(of: scaled, format), format), from: scaled)
      #expect(error / Double(scale) < limit, "\(format.rawValue) at \(scale)")
    }
  }

  @Test(arguments: BlockFormat.canQuantize) func `a cosine stays within ggml's own bound`(format: BlockFormat) {
    // The signal and the bound of test-quantize-fns: the root of the sum of squares over 4096 elements is below 0.002
    // of their number.
    var angle = SIMD2<Double>(1, 0)
    let turn = SIMD2<Double>(0.5403023058681398, 0.8414709848078965)
    let signal = (0..<4096).map { _ in
      defer { angle = [angle.x * turn.x - angle.y * turn.y, angle.x * turn.y + angle.y * turn.x] }
      return Float(0.1 + 2 * angle.x)
    }
    let error = deviation(kernels.elements(of: kernels.blocks(of: signal, format), format), from: signal)
    #expect(error * 64 / 4096 < 0.002)
  }

  @Test(arguments: BlockFormat.canQuantize) func `every instruction set writes the same blocks`(format: BlockFormat) {
    var generator = SeededGenerator(seed: 3)
    var numbers = BlockSamples.numbers(seed: 4, count: 256 * 40)
    // Magnitudes of every size, at first within a narrow range in each block, then anything, NaN and infinity too.
    numbers += (0..<256 * 120).map { index in
      let exponent = UInt32(index / 512 * 4 + Int(generator.next() % 4)) << 23
      return Float(bitPattern: exponent | UInt32(truncatingIfNeeded: generator.next()) & 0x807f_ffff)
    }
    numbers += (0..<256 * 40).map { _ in Float(bitPattern: UInt32(truncatingIfNeeded: generator.next())) }
    let expected = VectorKernels.all[0].blocks(of: numbers, format)
    #expect(!expected.isEmpty)
    for kernels in VectorKernels.all { #expect(kernels.blocks(of: numbers, format) == expected, "\(kernels.name)") }
  }

  @Test(arguments: [BlockFormat.q4_0, .q4_1, .q5_0, .q5_1, .q8_0])
  func `numbers that came out of blocks come back unchanged`(format: BlockFormat) {
    let once = kernels.elements(
      of: kernels.blocks(of: BlockSamples.numbers(seed: 5, count: 32 * 1000), format), format)
    #expect(kernels.elements(of: kernels.blocks(of: once, format), format) == once)
  }

  @Test(arguments: BlockFormat.canQuantize) func `zeros stay zeros and equal numbers stay close`(format: BlockFormat) {
    #expect(roundTrip([0], format).allSatisfy { $0 == 0 })
    #expect(roundTrip([-0.0], format).allSatisfy { $0 == 0 })
    for value: Float in [1, -1, 0.3, -0.3, 65504, -65504] {
      let error = roundTrip([value], format).map { abs($0 - value) / abs(value) }.max() ?? 1
      #expect(error < 0.002, "\(value) in \(format.rawValue)")
    }
  }

  @Test(arguments: BlockFormat.canQuantize) func `extreme numbers give no false ones`(format: BlockFormat) {
    let largest = Float.greatestFiniteMagnitude
    for pattern in [[largest], [-largest], [largest, -largest], [largest, 1, -largest]] {
      #expect(roundTrip(pattern, format).allSatisfy { !$0.isFinite }, "\(pattern)")
    }
    for tiny: Float in [.leastNonzeroMagnitude, 0x1p-133, 0x1p-130, .leastNormalMagnitude, 1e-12] {
      #expect(roundTrip([tiny, -tiny, 0], format).allSatisfy { $0 == 0 }, "\(tiny)")
    }
  }

  @Test(arguments: BlockFormat.canQuantize) func `a block with no number in it reads as NaN`(format: BlockFormat) {
    for value: Float in [.nan, -.nan, .infinity, -.infinity] {
      var numbers = BlockSamples.numbers(seed: 6, count: 256 * 3)
      let clean = kernels.elements(of: kernels.blocks(of: numbers, format), format)
      numbers[256 + 17] = value
      let read = kernels.elements(of: kernels.blocks(of: numbers, format), format)
      let hit = 256..<256 + format.elementsPerBlock
      #expect(hit.allSatisfy { read[$0].isNaN })
      #expect(read.indices.allSatisfy { hit.contains($0) || read[$0] == clean[$0] })
    }
  }

  // MARK: Means

  /// One block's worth of 256 elements that repeat a pattern, there and back.
  private func roundTrip(_ pattern: [Float], _ format: BlockFormat) -> [Float] {
    kernels.elements(of: kernels.blocks(of: (0..<256).map { pattern[$0 % pattern.count] }, format), format)
  }

  /// Close to normal with a deviation of one: sums of twelve uniform numbers.
  private func normal(seed: UInt64, count: Int) -> [Float] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in (0..<12).reduce(-6) { sum, _ in sum + Float.random(in: 0..<1, using: &generator) } }
  }

  private func deviation(_ a: [Float], from b: [Float]) -> Double {
    let squares = zip(a, b).reduce(0.0) { $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1)) }
    return a.count == b.count ? (squares / Double(a.count)).squareRoot() : .infinity
  }
}
