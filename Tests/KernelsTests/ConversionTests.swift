import Kernels
import Tensors
import Testing

@Suite struct ConversionTests {
  static let all = VectorKernels.all

  @Test(arguments: all.indices) func `every half is converted exactly`(level: Int) {
    let patterns = (0...UInt16.max).map { $0 }
    let floats = convert(patterns, .float16, level)
    for (pattern, value) in zip(patterns, floats) {
      let expected = Float(Float16(bitPattern: pattern))
      if expected.isNaN {
        #expect(value.isNaN)
      } else if value.bitPattern != expected.bitPattern {
        Issue.record("\(pattern) became \(value), not \(expected)")
      }
    }
  }

  @Test(arguments: all.indices) func `every bfloat16 is converted exactly and comes back`(level: Int) {
    let patterns = (0...UInt16.max).map { $0 }
    let floats = convert(patterns, .bfloat16, level)
    #expect(zip(patterns, floats).allSatisfy { $1.bitPattern == UInt32($0) << 16 })
    let back: [UInt16] = narrow(floats, .bfloat16, level)
    #expect(zip(patterns, back).allSatisfy { $0 == $1 || Float(bitPattern: UInt32($0) << 16).isNaN })
  }

  @Test(arguments: all.indices) func `every float8 is what its bits say`(level: Int) {
    let patterns = (0...UInt8.max).map { $0 }
    for (dtype, exponent, mantissa) in [(DType.float8E4M3, 4, 3), (.float8E5M2, 5, 2)] {
      let floats = convert(patterns, dtype, level)
      for (pattern, value) in zip(patterns, floats) {
        let expected = Self.float8(pattern, exponentBits: exponent, mantissaBits: mantissa)
        if expected.isNaN { #expect(value.isNaN) } else { #expect(value == expected) }
      }
      let back: [UInt8] = narrow(floats, dtype, level)
      for (pattern, again) in zip(patterns, back) where !floats[Int(pattern)].isNaN { #expect(pattern == again) }
    }
  }

  @Test(arguments: all.indices) func `floats become the nearest half, ties to even`(level: Int) {
    var values = interesting
    for pattern in 0..<UInt16(0x7c00) {
      let low = Float(Float16(bitPattern: pattern))
      let high = Float(Float16(bitPattern: pattern + 1))
      if high.isFinite { values += [(low + high) / 2, ((low + high) / 2).nextUp, ((low + high) / 2).nextDown] }
    }
    let halves: [UInt16] = narrow(values, .float16, level)
    for (value, half) in zip(values, halves) where !value.isNaN {
      if half != Float16(value).bitPattern { Issue.record("\(value) became half \(half)") }
    }
    #expect(zip(values, halves).allSatisfy { !$0.isNaN || Float16(bitPattern: $1).isNaN })
  }

  @Test(arguments: all.indices) func `floats become the nearest bfloat16, ties to even`(level: Int) {
    let values = interesting
    let narrowed: [UInt16] = narrow(values, .bfloat16, level)
    for (value, pattern) in zip(values, narrowed) {
      let result = Float(bitPattern: UInt32(pattern) << 16)
      guard value.isFinite else {
        #expect(value.isNaN ? result.isNaN : result == value)
        continue
      }
      let below = Float(bitPattern: value.bitPattern & 0xffff_0000)
      let above = Float(bitPattern: (value.bitPattern & 0xffff_0000) &+ 0x1_0000)
      let low = abs(Double(value) - Double(below))
      let high = above.isFinite ? abs(Double(above) - Double(value)) : abs(0x1p128 - abs(Double(value)))
      let expected = low < high || low == high && value.bitPattern & 0x1_0000 == 0 ? below : above
      #expect(result == expected)
    }
  }

  @Test(arguments: all.indices) func `floats become the nearest float8, ties to even`(level: Int) {
    let values = interesting.filter { !$0.isNaN }
    for (dtype, exponent, mantissa) in [(DType.float8E4M3, 4, 3), (.float8E5M2, 5, 2)] {
      let table = (0...UInt8(127)).map { Self.float8($0, exponentBits: exponent, mantissaBits: mantissa) }
      let finite = table.filter(\.isFinite)
      // One more step past the largest finite value is where rounding would leave the format.
      let step = finite[finite.count - 1] - finite[finite.count - 2]
      let limit = finite[finite.count - 1] + step / 2
      let narrowed: [UInt8] = narrow(values, dtype, level)
      for (value, pattern) in zip(values, narrowed) {
        let magnitude = abs(value)
        let result = Self.float8(pattern & 0x7f, exponentBits: exponent, mantissaBits: mantissa)
        if magnitude > limit || magnitude == limit && finite.count % 2 == 0 {
          #expect(!result.isFinite, "\(value) in \(dtype)")
        } else if magnitude < limit {
          let best = finite.indices.min { a, b in
            let (da, db) = (abs(finite[a] - magnitude), abs(finite[b] - magnitude))
            return da != db ? da < db : a % 2 < b % 2
          }
          #expect(result == best.map { finite[$0] }, "\(value) in \(dtype)")
        }
        #expect(pattern >> 7 == (value.sign == .minus ? 1 : 0))
      }
    }
  }

  @Test func `integers are converted to floats and back, clamped`() {
    let kernels = VectorKernels.best
    let values: [Float] = [0, 1, -1, 2.9, -2.9, 127, 128, 1e30, -1e30, .nan, .infinity]
    let bytes: [Int8] = narrow(values, .int8, Self.all.count - 1)
    #expect(bytes == [0, 1, -1, 2, -2, 127, 127, 127, -128, 0, 127])
    let wide: [Int64] = narrow(values, .int64, Self.all.count - 1)
    #expect(wide[7] == .max && wide[8] == .min && wide[9] == 0)
    let unsigned: [UInt64] = narrow(values, .uint64, Self.all.count - 1)
    #expect(unsigned[2] == 0 && unsigned[7] == .max)
    let flags: [UInt8] = narrow(values, .bool, Self.all.count - 1)
    #expect(flags[0] == 0 && flags[1] == 1)
    var back = [Float](repeating: 0, count: bytes.count)
    bytes.withUnsafeBytes { raw in
      if let base = raw.baseAddress { kernels.toFloat32(from: base, dtype: .int8, count: raw.count, into: &back) }
    }
    #expect(back == bytes.map(Float.init))
  }

  // MARK: Means

  /// Values of every magnitude, special ones and those around powers of two.
  private var interesting: [Float] {
    var values: [Float] = [0, -0.0, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, .greatestFiniteMagnitude]
    values += [448, 456, 463.9, 464, 465, 480, 57344, 61439, 61440, 65504, 65519, 65520, 65536]
    var generator = SplitMix(state: 7)
    for _ in 0..<20_000 { values.append(Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))) }
    for exponent in -30...20 {
      let scale = Float(sign: .plus, exponent: exponent, significand: 1)
      for k in 0..<64 { values += [scale * (1 + Float(k) / 64), -scale * (1 + Float(k) / 64)] }
    }
    return values
  }

  private static func float8(_ pattern: UInt8, exponentBits: Int, mantissaBits: Int) -> Float {
    let magnitude = Int(pattern & 0x7f)
    let exponent = magnitude >> mantissaBits
    let fraction = Double(magnitude & (1 << mantissaBits - 1)) / Double(1 << mantissaBits)
    let bias = 1 << (exponentBits - 1) - 1
    let sign: Float = pattern >> 7 == 1 ? -1 : 1
    if mantissaBits == 3, magnitude == 0x7f { return .nan }
    if mantissaBits == 2, exponent == 31 { return fraction == 0 ? sign * .infinity : .nan }
    func power(_ exponent: Int) -> Double { Double(sign: .plus, exponent: exponent, significand: 1) }
    return sign * Float(exponent == 0 ? fraction * power(1 - bias) : (1 + fraction) * power(exponent - bias))
  }

  private func convert<Stored>(_ stored: [Stored], _ dtype: DType, _ level: Int) -> [Float] {
    var floats = [Float](repeating: 0, count: stored.count)
    stored.withUnsafeBytes { raw in
      guard let base = raw.baseAddress else { return }
      Self.all[level].toFloat32(from: base, dtype: dtype, count: stored.count, into: &floats)
    }
    return floats
  }

  private func narrow<Stored: FixedWidthInteger>(_ floats: [Float], _ dtype: DType, _ level: Int) -> [Stored] {
    var stored = [Stored](repeating: 0, count: floats.count)
    stored.withUnsafeMutableBytes { raw in
      guard let base = raw.baseAddress else { return }
      Self.all[level].fromFloat32(floats, dtype: dtype, count: floats.count, into: base)
    }
    return stored
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
