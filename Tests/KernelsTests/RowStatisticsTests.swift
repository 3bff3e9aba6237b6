import Foundation
import Kernels
import Testing

/// Softmax, divergence and levels of rows against the same in float64, on every instruction set.
@Suite struct RowStatisticsTests {
  @Test(arguments: [1, 5, 16, 333, 8192], [0.001, 0.3, 5, 40, 90])
  func `divergences are those of float64`(count: Int, spread: Double) {
    var generator = SplitMix(state: UInt64(count))
    let base = (0..<count).map { _ in Float.random(in: -1...1, using: &generator) }
    let x = base.map { $0 + Float.random(in: -1...1, using: &generator) * Float(spread) + 0.25 }
    func probabilities(_ row: [Float]) -> [Double] {
      let largest = Double(row.max() ?? 0)
      let terms = row.map { exp(Double($0) - largest) }
      let sum = terms.reduce(0, +)
      return terms.map { $0 / sum + 1e-8 }
    }
    let expected = zip(probabilities(x), probabilities(base)).reduce(0.0) { $0 + $1.0 * log($1.0 / $1.1) }
    var seen: Set<UInt64> = []
    for kernels in VectorKernels.all {
      let (a, b) = (kernels.exponentialSum(base, count: count), kernels.exponentialSum(x, count: count))
      #expect(a.reference == 0 && [0, x.max()].contains(b.reference))
      let exact = base.reduce(0.0) { $0 + exp(Double($1)) }
      #expect(abs(a.sum - exact) < 1e-6 * exact)
      let softmax = SoftmaxPair(
        baseReference: a.reference, baseFactor: Float(1 / a.sum), reference: b.reference, factor: Float(1 / b.sum),
        offset: Float(Double(b.reference) - Double(a.reference) + log(b.sum / a.sum)))
      let divergence = kernels.divergence(x, from: base, softmax, count: count)
      // Where next to nothing differs, the sum in float64 itself is rounding.
      #expect(abs(divergence - expected) < 2e-5 * expected + 1e-13, "\(divergence) instead of \(expected)")
      seen.insert(divergence.bitPattern)
    }
    #expect(seen.count == 1)
  }

  @Test(arguments: [1, 5, 16, 333, 8192], [(0.02, 0.001, 0.0), (0.02, 0.2, 0.0), (1, 0.01, 0.05), (20, 1, 3)])
  func `divergences from what the sums have left are those of float64`(
    count: Int, family: (width: Float, spread: Float, shift: Float)
  ) {
    var generator = SplitMix(state: UInt64(count))
    let base = (0..<count).map { _ in Float.random(in: -family.width...family.width, using: &generator) }
    // Every third group of sixteen is further away than the others.
    let x = base.enumerated().map { i, value in
      value + Float.random(in: -1...1, using: &generator) * family.spread * (i / 16 % 3 == 2 ? 3 : 1) + family.shift
    }
    let (terms, otherTerms) = (base.map { exp(Double($0)) }, x.map { exp(Double($0)) })
    let (sum, otherSum) = (terms.reduce(0, +), otherTerms.reduce(0, +))
    var expected = 0.0
    for (term, other) in zip(terms, otherTerms) {
      let (q, p) = (term / sum + 1e-8, other / otherSum + 1e-8)
      // What adds up to nothing is taken off, so that rounding in float64 does not count.
      expected += p * log(p / q) - p + q
    }
    var seen: Set<[UInt64]> = []
    for kernels in VectorKernels.all {
      let left = RowExponentials(capacity: count + 16)
      guard let pair = kernels.exponentialPair(x, from: base, count: count, into: left, at: 16) else {
        Issue.record("no sums")
        continue
      }
      #expect(abs(pair.base - sum) < 1e-6 * sum)
      let size = zip(terms, otherTerms).reduce(0.0) { $0 + abs($1.0 - $1.1) }
      #expect(abs(pair.rise - (otherSum - sum)) < 1e-6 * size + 1e-6 * (family.width > 0.1 ? sum : 0))
      let softmax = SoftmaxPair(
        baseReference: 0, baseFactor: Float(1 / pair.base), reference: 0, factor: Float(1 / (pair.base + pair.rise)),
        offset: Float(log1p(pair.rise / pair.base)), rise: Float(pair.rise / pair.base))
      let divergence = kernels.divergence(x, from: base, softmax, count: count, using: left, at: 16)
      #expect(abs(divergence - expected) < 2e-5 * expected + 1e-13, "\(divergence) instead of \(expected)")
      seen.insert([divergence.bitPattern, pair.base.bitPattern, pair.rise.bitPattern])
    }
    #expect(seen.count == 1)
  }

  @Test func `sums that may overflow are not given`() {
    for kernels in VectorKernels.all {
      for row in [[100, 0], [0, -61], [.nan, 0], [0, .infinity]] as [[Float]] {
        #expect(kernels.exponentialPair(row, from: [0, 0], count: 2, into: RowExponentials(capacity: 2)) == nil)
        #expect(kernels.exponentialPair([0, 0], from: row, count: 2, into: RowExponentials(capacity: 2)) == nil)
      }
      #expect(kernels.exponentialPair([1], from: [1], count: 1, into: RowExponentials(capacity: 0)) == nil)
    }
  }

  @Test(arguments: [65, 100, 5000]) func `levels of a row are near their ranks, and zeros stay zeros`(count: Int) {
    var generator = SplitMix(state: 9)
    let row = (0..<count).map { _ in
      Bool.random(using: &generator) ? Float.random(in: 0...1, using: &generator) : 0
    }
    let sorted = row.sorted()
    var seen: Set<[UInt32]> = []
    for kernels in VectorKernels.all {
      let finder = RowLevels()
      // The second time counters have been used.
      for base in [nil, [Float](repeating: 0, count: count)] {
        var levels = [Float](repeating: .nan, count: 16)
        levels.withUnsafeMutableBufferPointer { room in
          if let base {
            finder.find(in: row, base: base, count: count, into: room, with: kernels)
          } else {
            finder.find(in: row, base: nil, count: count, into: room, with: kernels)
          }
        }
        for (level, value) in levels.enumerated() {
          let exact = sorted[(2 * level + 1) * count / 32]
          #expect(exact == 0 ? value == 0 : abs(value - exact) <= exact / 128)
        }
        seen.insert(levels.map(\.bitPattern))
      }
    }
    #expect(seen.count == 1)
  }

  /// Whether each of the first so many bits is set, sixteen to a word.
  private func set(_ bits: [UInt16], _ count: Int) -> [Bool] {
    (0..<count).map { (bits[$0 / 16] >> UInt16($0 % 16)) & 1 == 1 }
  }

  /// Which of some elements are drawn, one at a time.
  private func drawn(_ draw: RandomDraw, _ magnitudes: [Float]) -> [Bool] {
    magnitudes.enumerated().map { i, magnitude in
      let rank = draw.levels.reduce(0) { $0 + (magnitude > $1 ? 1 : 0) + (magnitude >= $1 ? 1 : 0) }
      var z = draw.key &+ UInt64(i + 1) &* 0x9e37_79b9_7f4a_7c15
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      let chance: UInt64 = draw.threshold + UInt64(rank) * draw.step
      return (z ^ (z >> 31)) >> 32 < chance
    }
  }

  @Test(arguments: [0, 2, 8, 11]) func `draws are those of one element at a time, in one piece or two`(levels: Int) {
    var generator = SplitMix(state: 3)
    let base = (0..<600).map { _ in Float(Int.random(in: -4...4, using: &generator)) / 4 }
    let x = base.map { $0 + Float(Int.random(in: -9...9, using: &generator)) / 8 }
    var draw = RandomDraw(key: RandomDraw.key(seed: 1, tensor: "w", model: 2), probability: levels == 0 ? 0.4 : 0.1)
    // With equal ones among them.
    draw.levels = (0..<levels).map { Float($0 / 3) / 4 + 0.125 }
    draw.step = levels == 0 ? 0 : RandomDraw.threshold(0.8 / Double(2 * levels))
    let expected = drawn(draw, zip(x, base).map { abs($0 - $1) })
    for kernels in VectorKernels.all {
      for border in [0, 16, 77, 600] {
        var bits = [UInt16](repeating: 0, count: 39)
        for range in [0..<border, border..<600] where !range.isEmpty {
          kernels.draw(
            draw, Array(x[range]), base: Array(base[range]), first: range.lowerBound, count: range.count,
            place: range.lowerBound, into: &bits)
        }
        #expect(set(bits, 600) == expected)
        #expect(bits[38] == 0 && bits[37] >> 8 == 0)
      }
    }
    #expect(RandomDraw.threshold(0) == 0 && RandomDraw.threshold(1) == 1 << 32 && RandomDraw.threshold(2) == 1 << 32)
  }

  @Test(arguments: [1, 16, 200]) func `the largest are selected, ties in order, and never zeros`(count: Int) {
    let magnitudes = (0..<count).map { Float($0 * 7 % 5) / 2 }
    let limits: [(above: Float, equal: Int)] = [(1, 3), (1, 0), (1, .max), (0, .max), (3, 2)]
    for (above, equal) in limits {
      var seen = 0
      let expected = magnitudes.map { magnitude in
        if magnitude == above, seen < equal {
          seen += 1
          return magnitude != 0
        }
        return magnitude > above
      }
      for kernels in VectorKernels.all {
        var bits = [UInt16](repeating: .max, count: (count + 15) / 16)
        kernels.selectLargest(
          of: magnitudes, count: count, above: Int32(bitPattern: above.bitPattern), equal: equal, into: &bits)
        #expect(set(bits, count) == expected)
      }
    }
  }

  @Test func `windows that are looked for at once count what each counts alone`() {
    let magnitudes = (0..<1000).map { Float($0 * 37 % 101) / 16 }
    let ranges: [Range<Float>] = [0.5..<1.5, 1.25..<3, 6..<7]
    let windows = ranges.map { range in
      MagnitudeWindow(
        patterns: range.lowerBound.bitPattern..<range.upperBound.bitPattern,
        spikes: range.lowerBound == 6 ? [] : [(range.lowerBound + 0.25).bitPattern])
    }
    for kernels in VectorKernels.all {
      let together = windows.map { MagnitudeWindowCount(window: $0) }
      let equal = MagnitudeWindowCount.count(magnitudes, base: nil, count: 1000, into: together[...], with: kernels)
      for (place, window) in windows.enumerated() {
        let alone = MagnitudeWindowCount(window: window)
        let own = MagnitudeWindowCount.count(magnitudes, base: nil, count: 1000, into: [alone], with: kernels)
        #expect(own == [equal[place]])
        #expect(alone.above == together[place].above && alone.others == together[place].others)
        #expect(alone.above == magnitudes.count { $0.bitPattern >= window.patterns.upperBound })
      }
    }
  }
}
