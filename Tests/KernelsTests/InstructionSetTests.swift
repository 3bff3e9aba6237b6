import Kernels
import Tensors
import Testing

/// Every instruction set gives the same bits as the baseline.
@Suite struct InstructionSetTests {
  static let lengths = [1, 15, 16, 17, 255, 256, 257, 8192]
  private let base = VectorKernels.all[0]

  @Test func `the baseline is always there and the best is one of all`() {
    #expect(VectorKernels.all[0].name == "baseline")
    #expect(VectorKernels.all.map(\.name).contains(VectorKernels.best.name))
  }

  @Test(arguments: lengths) func `linear combinations agree`(count: Int) {
    let inputs = (0..<5).map { noise(count, seed: UInt64($0)) }
    for models in 1...5 {
      let coefficients = (0..<models).map { 0.3 + Float($0) * 0.17 }
      expectSame(count) { kernels, out in
        withPointers(Array(inputs[0..<models])) { kernels.combine($0, coefficients: coefficients, into: out) }
      }
      expectSame(count) { kernels, out in
        withPointers(Array(inputs[0..<models])) { pointers in
          kernels.combineDifferences(to: pointers[0], pointers, coefficients: coefficients, lambda: 0.7, into: out)
        }
      }
    }
  }

  @Test(arguments: lengths) func `dot products agree`(count: Int) {
    let (a, b) = (noise(count, seed: 1), noise(count, seed: 2))
    let expected = base.dot(a, b, count: count)
    for kernels in VectorKernels.all { #expect(kernels.dot(a, b, count: count).bitPattern == expected.bitPattern) }
    let exact = zip(a, b).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    #expect(abs(expected - exact) < 1e-9 * Double(count))
  }

  @Test(arguments: lengths) func `histograms and equal counts agree`(count: Int) {
    let (a, b) = (noise(count, seed: 3), noise(count, seed: 4))
    func totals(_ kernels: VectorKernels, _ level: MagnitudeHistogram.Level) -> [Int] {
      let histogram = MagnitudeHistogram(level: level)
      histogram.count(a, base: b, count: count, with: kernels)
      var totals: [Int] = []
      histogram.add(to: &totals)
      return totals
    }
    let upper = totals(base, .upper)
    #expect(upper.reduce(0, +) == count)
    let prefix = UInt32(upper.indices.max { upper[$0] < upper[$1] } ?? 0)
    let pattern = abs(a[0] - b[0]).bitPattern
    for kernels in VectorKernels.all {
      #expect(totals(kernels, .upper) == upper)
      #expect(totals(kernels, .lower(prefix: prefix)) == totals(base, .lower(prefix: prefix)))
      #expect(totals(kernels, .lower(prefix: prefix)).reduce(0, +) == upper[Int(prefix)])
      #expect(
        kernels.countEqual(a, base: b, count: count, pattern: pattern)
          == zip(a, b).count { abs($0 - $1).bitPattern == pattern })
    }
  }

  @Test(arguments: lengths) func `windows agree`(count: Int) {
    let (a, b) = (coarse(count, seed: 6), coarse(count, seed: 7))
    let spikes = [Float(0.5), 1].map(\.bitPattern)
    let window = MagnitudeWindow(patterns: Float(0.3).bitPattern..<Float(1.3).bitPattern, spikes: spikes)
    let magnitudes = zip(a, b).map { abs($0 - $1).bitPattern }
    for kernels in VectorKernels.all {
      let seen = MagnitudeWindowCount(window: window)
      let equal = seen.count(a, base: b, count: count, with: kernels)
      #expect(equal == spikes.map { spike in magnitudes.count { $0 == spike } } + [0, 0])
      #expect(seen.above == magnitudes.count { $0 >= window.patterns.upperBound })
      #expect(seen.others == magnitudes.filter { window.patterns.contains($0) && !spikes.contains($0) })
    }
  }

  @Test(arguments: lengths) func `elections and sums of magnitudes agree`(count: Int) {
    let inputs = (0..<4).map { coarse(count, seed: UInt64($0 + 10)) }
    let cuts = [
      DifferenceCut(weight: 1), DifferenceCut(weight: 0.5, keepAbove: Int32(Float(0.5).bitPattern), keepEqual: 3),
      DifferenceCut(
        weight: -0.25, scale: 1.5, keepAbove: Int32(Float(0.25).bitPattern), keepEqual: .max,
        dropAbove: Int32(Float(1.5).bitPattern), dropEqual: 2),
    ]
    for consensus in [SignElection.Consensus.none, .sum, .count] {
      for normalizes in [false, true] {
        let rule = SignElection(consensus: consensus, normalizes: normalizes, lambda: 0.8)
        expectSame(count) { kernels, out in
          withPointers(Array(inputs[1...])) { pointers in
            kernels.elect(from: inputs[0], pointers, cuts: cuts, rule: rule, into: out)
          }
        }
      }
    }
    for cut in cuts {
      let expected = base.sumMagnitudes(inputs[1], base: inputs[0], count: count, cut: cut)
      for kernels in VectorKernels.all {
        let sums = kernels.sumMagnitudes(inputs[1], base: inputs[0], count: count, cut: cut)
        #expect(sums == expected)
      }
    }
  }

  @Test(arguments: lengths) func `stored bfloat16 gives what its conversion gives`(count: Int) {
    let floats = (0..<5).map { coarse(count, seed: UInt64($0 + 20)) }
    let halves = floats.map { $0.map { UInt16($0.bitPattern >> 16) } }
    let rule = SignElection(consensus: .sum, normalizes: true, lambda: 0.5)
    for models in 1...4 {
      let cuts = (0..<models).map {
        DifferenceCut(weight: 0.5 + Float($0), keepAbove: Int32(Float(0.5).bitPattern), keepEqual: $0 % 2 * .max)
      }
      var expected = [Float](repeating: .nan, count: count)
      expected.withUnsafeMutableBufferPointer { out in
        withPointers(Array(floats[1...models])) {
          base.elect(from: floats[0], $0, cuts: cuts, rule: rule, into: out)
        }
      }
      for kernels in VectorKernels.all {
        var result = [Float](repeating: .nan, count: count)
        let done = result.withUnsafeMutableBufferPointer { out in
          withPointers(Array(halves[1...models])) {
            kernels.elect(fromBFloat16: halves[0], $0, cuts: cuts, rule: rule, into: out)
          }
        }
        #expect(done == count / 16 * 16)
        #expect(result[..<done].map(\.bitPattern) == expected[..<done].map(\.bitPattern))
      }
    }
    let window = MagnitudeWindow(
      patterns: Float(0.3).bitPattern..<Float(1.3).bitPattern, spikes: [Float(0.5).bitPattern])
    let plain = MagnitudeWindowCount(window: window)
    let equal = plain.count(floats[1], base: floats[0], count: count, with: base)
    for kernels in VectorKernels.all {
      let seen = MagnitudeWindowCount(window: window)
      #expect(seen.count(bfloat16: halves[1], base: halves[0], count: count, with: kernels) == equal)
      #expect(seen.above == plain.above && seen.others == plain.others)
    }
  }

  @Test(arguments: lengths) func `statistics agree`(count: Int) {
    var (a, b, c) = (coarse(count, seed: 30), noise(count, seed: 31), coarse(count, seed: 32))
    for (place, value) in [Float.nan, .infinity, -.infinity, -0.0].enumerated() where place * 3 < count {
      a[place * 3] = value
      b[count - 1 - place] = value
    }
    c[count / 2] = .nan
    let values = base.valueSums(a, count: count)
    let differences = base.differenceSums(a, b, count: count)
    let vectors = base.taskVectorSums(base: c, a, b, count: count, large: 0.5)
    #expect(values.nans + values.infinities == a.count { !$0.isFinite })
    #expect(values.zeros == a.count { $0 == 0 })
    #expect(values.greatest == a.filter(\.isFinite).max() ?? -.infinity)
    let finite = zip(a, b).filter { $0.isFinite && $1.isFinite }
    #expect(differences.counted == finite.count)
    #expect(differences.changed == finite.count { $0 != $1 })
    let exact = finite.reduce(0) { $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1)) }
    #expect(abs(differences.squaresOfDifference - exact) <= 1e-12 * exact)
    for kernels in VectorKernels.all {
      #expect(kernels.valueSums(a, count: count) == values)
      #expect(kernels.differenceSums(a, b, count: count) == differences)
      #expect(kernels.taskVectorSums(base: c, a, b, count: count, large: 0.5) == vectors)
      var (sums, expected) = ([Double](repeating: 1, count: count), [Double](repeating: 1, count: count))
      expected.withUnsafeMutableBufferPointer { base.addScaled(b, by: 0.3, to: $0) }
      sums.withUnsafeMutableBufferPointer { kernels.addScaled(b, by: 0.3, to: $0) }
      #expect(sums.map(\.bitPattern) == expected.map(\.bitPattern))
    }
  }

  @Test(arguments: lengths) func `conversions agree on noise`(count: Int) {
    let values = noise(count, seed: 5).map { $0 * 1000 }
    for dtype in DType.allCases {
      var expected = [UInt8](repeating: 0, count: count * dtype.byteCount)
      base.fromFloat32(values, dtype: dtype, count: count, into: &expected)
      var expectedBack = [Float](repeating: 0, count: count)
      base.toFloat32(from: expected, dtype: dtype, count: count, into: &expectedBack)
      for kernels in VectorKernels.all {
        var bytes = [UInt8](repeating: 0, count: count * dtype.byteCount)
        kernels.fromFloat32(values, dtype: dtype, count: count, into: &bytes)
        #expect(bytes == expected, "\(dtype)")
        var back = [Float](repeating: 0, count: count)
        kernels.toFloat32(from: bytes, dtype: dtype, count: count, into: &back)
        #expect(back.map(\.bitPattern) == expectedBack.map(\.bitPattern), "\(dtype)")
      }
    }
  }

  // MARK: Means

  private func noise(_ count: Int, seed: UInt64) -> [Float] {
    var generator = SplitMix(state: seed)
    return (0..<count).map { _ in Float.random(in: -2...2, using: &generator) }
  }

  /// Multiples of a quarter, so that ties are everywhere.
  private func coarse(_ count: Int, seed: UInt64) -> [Float] { noise(count, seed: seed).map { ($0 * 4).rounded() / 4 } }

  private func withPointers<Element, Result>(
    _ arrays: [[Element]], _ body: (UnsafeBufferPointer<UnsafePointer<Element>>) -> Result
  ) -> Result {
    let copies = arrays.map { array in
      let memory = UnsafeMutablePointer<Element>.allocate(capacity: array.count)
      memory.initialize(from: array, count: array.count)
      return UnsafePointer(memory)
    }
    defer { for copy in copies { copy.deallocate() } }
    return copies.withUnsafeBufferPointer(body)
  }

  private func expectSame(
    _ count: Int, _ compute: (VectorKernels, UnsafeMutableBufferPointer<Float>) -> Void,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let results = VectorKernels.all.map { kernels in
      var out = [Float](repeating: .nan, count: count)
      out.withUnsafeMutableBufferPointer { compute(kernels, $0) }
      return out.map(\.bitPattern)
    }
    #expect(results.allSatisfy { $0 == results[0] }, sourceLocation: sourceLocation)
    #expect(!results[0].contains(Float.nan.bitPattern), sourceLocation: sourceLocation)
  }
}
