import Kernels
import Tensors
import Testing

@Suite struct RoundingTests {
  static let all = VectorKernels.all

  /// What float64 elements become on the way through float32 rounded to odd.
  private func narrow<Pattern: FixedWidthInteger>(
    _ values: [Double], _ dtype: DType, _ kernels: VectorKernels
  ) -> [Pattern] {
    var odd = [Float](repeating: 0, count: values.count)
    kernels.toOddFloat32(from: values, count: values.count, into: &odd)
    var result = [Pattern](repeating: 0, count: values.count)
    kernels.fromFloat32(odd, dtype: dtype, count: values.count, into: &result)
    return result
  }

  /// Midpoints of neighbours and numbers beside them that float32 cannot tell from them.
  private func aroundMidpoints(_ low: Double, _ high: Double) -> [Double] {
    let middle = (low + high) / 2
    return [middle, middle.nextUp, middle.nextDown, -middle, (-middle).nextUp, (-middle).nextDown]
  }

  @Test(arguments: all.indices) func `a float64 becomes the nearest half in one rounding`(level: Int) {
    var values = [0, -0.0, 1e-300, -1e-300, 1e300, .infinity, 65519.999999, 65520, .leastNonzeroMagnitude]
    for pattern in 0..<UInt16(0x7bff) {
      values += aroundMidpoints(
        Double(Float16(bitPattern: pattern)), Double(Float16(bitPattern: pattern + 1)))
    }
    let halves: [UInt16] = narrow(values, .float16, Self.all[level])
    for (value, half) in zip(values, halves) where half != Float16(value).bitPattern {
      Issue.record("\(value) became half \(half)")
    }
    let twice = values.count { Float16(Float($0)).bitPattern != Float16($0).bitPattern }
    #expect(twice > 30_000, "rounding twice would be wrong")
    #expect((narrow([.nan], .float16, Self.all[level]) as [UInt16]).allSatisfy { Float16(bitPattern: $0).isNaN })
  }

  @Test(arguments: all.indices) func `a float64 becomes the nearest bfloat16 in one rounding`(level: Int) {
    func number(_ pattern: UInt16) -> Double { Double(Float(bitPattern: UInt32(pattern) << 16)) }
    for pattern in 0..<UInt16(0x7f7f) {
      let values = aroundMidpoints(number(pattern), number(pattern + 1))
      let even = pattern % 2 == 0 ? pattern : pattern + 1
      let found: [UInt16] = narrow(values, .bfloat16, Self.all[level])
      let expected = [even, pattern + 1, pattern, even | 0x8000, pattern | 0x8000, (pattern + 1) | 0x8000]
      if found != expected { Issue.record("\(values) became \(found)") }
    }
  }

  @Test(arguments: [1, 15, 16, 17, 1000]) func `the cost of rounding is the same everywhere`(count: Int) {
    var generator = SplitMix(state: 5)
    var exact = (0..<count).map { _ in Double.random(in: -70_000...70_000, using: &generator) }
    for (place, value) in [Double.nan, .infinity, -.infinity, 0].enumerated() where place * 3 < count {
      exact[place * 3] = value
    }
    let floats = exact.map { Float($0) }
    let stored = floats.map { Float(Float16($0)) }
    let pairs = zip(exact, stored).filter { $0.0.isFinite }
    let overflows = pairs.count { !$0.1.isFinite }
    let largest = pairs.filter { $0.1.isFinite }.map { abs($0.0 - Double($0.1)) }.max() ?? 0
    let single = zip(floats, stored).filter { $0.0.isFinite && $0.1.isFinite }.map { abs($0.0 - $0.1) }.max() ?? 0
    for kernels in Self.all {
      let cost = kernels.roundingCost(of: exact, storedAs: stored, count: count)
      #expect(cost.overflows == overflows && cost.largest == largest)
      let other = kernels.roundingCost(of: floats, storedAs: stored, count: count)
      #expect(other.overflows == overflows && other.largest == Double(single))
    }
  }

  @Test func `what became NaN counts as an overflow`() {
    for kernels in Self.all {
      let cost = kernels.roundingCost(of: [1000 as Float, .nan, 1], storedAs: [.nan, .nan, 1.5], count: 3)
      #expect(cost.overflows == 1 && cost.largest == 0.5)
    }
  }
}

@Suite struct ChecksumTests {
  /// The checksum bit by bit, as the standard states it.
  private func reference(_ checksum: UInt32, _ bytes: ArraySlice<UInt8>) -> UInt32 {
    var state = ~checksum
    for byte in bytes {
      state ^= UInt32(byte)
      for _ in 0..<8 { state = state >> 1 ^ (state & 1) * 0xEDB8_8320 }
    }
    return ~state
  }

  @Test(arguments: [0, 1, 63, 64, 65, 127, 128, 575, 576, 832, 1000, 1088, 4096, 4160])
  func `a checksum by carry-less products is the one by bits`(count: Int) {
    var generator = SplitMix(state: UInt64(count))
    let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let start = UInt32.random(in: 0...UInt32.max, using: &generator)
    let found = bytes.withUnsafeBytes { VectorKernels.crc32(start, continuedOver: $0) }
    #expect(found.count == 0 || found.count == count / 64 * 64)
    #expect(found.checksum == reference(start, bytes[..<found.count]))
  }
}
