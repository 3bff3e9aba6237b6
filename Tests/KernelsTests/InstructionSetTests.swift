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
      let equal = MagnitudeWindowCount.count(a, base: b, count: count, into: [seen], with: kernels)
      #expect(equal == [spikes.map { spike in magnitudes.count { $0 == spike } } + [0, 0]])
      #expect(seen.above == magnitudes.count { $0 >= window.patterns.upperBound })
      #expect(seen.others == magnitudes.filter { window.patterns.contains($0) && !spikes.contains($0) })
    }
  }

  /// Cuts with whole and split ties, factors and positions that do not count.
  private func withCuts<Result>(_ count: Int, _ body: ([DifferenceCut]) -> Result) -> Result {
    let mask = (0...count / 16).map { UInt16(truncatingIfNeeded: 0xb5ad_3f21 >> ($0 % 16)) }
    return mask.withUnsafeBufferPointer { mask in
      body([
        DifferenceCut(weight: 1, alone: 2),
        DifferenceCut(weight: 0.5, keepAbove: Int32(Float(0.5).bitPattern), keepEqual: 3, alone: 0.7),
        DifferenceCut(
          weight: -0.25, scale: 1.5, keepAbove: Int32(Float(0.25).bitPattern), keepEqual: .max,
          dropAbove: Int32(Float(1.5).bitPattern), dropEqual: 2),
        DifferenceCut(weight: 0.75),
        DifferenceCut(weight: 2, alone: 0.1, selected: mask.baseAddress),
      ])
    }
  }

  private static let rules: [SignElection] = {
    let consensus: [SignElection.Consensus] = [.none, .sum, .count, .participants, .useful(atLeast: 2)]
    return consensus.flatMap { consensus in
      [SignElection.Divisor.one, .weights, .number].flatMap { divisor in
        [false, true].map { other in
          SignElection(
            consensus: consensus, isUnweighted: other, drawIsNegative: other, takesLargest: other, divisor: divisor,
            lambda: other ? 1 : 0.8)
        }
      }
    }
  }()

  @Test(arguments: lengths) func `elections and sums of magnitudes agree`(count: Int) {
    let inputs = (0..<6).map { coarse(count, seed: UInt64($0 + 10)) }
    withCuts(count) { cuts in
      for rule in Self.rules {
        for models in [1, 3, 5] {
          expectSame(count) { kernels, out in
            withPointers(Array(inputs[1...models])) { pointers in
              kernels.elect(from: inputs[0], pointers, cuts: Array(cuts[..<models]), rule: rule, into: out)
            }
          }
        }
      }
      for cut in cuts {
        let expected = base.sumMagnitudes(inputs[1], base: inputs[0], count: count, cut: cut)
        for kernels in VectorKernels.all {
          #expect(kernels.sumMagnitudes(inputs[1], base: inputs[0], count: count, cut: cut) == expected)
        }
      }
      let balances = VectorKernels.all.map { kernels in
        withPointers(Array(inputs[1...])) { kernels.signBalance(from: inputs[0], $0, cuts: cuts, count: count) }
      }
      #expect(Set(balances).count == 1)
    }
  }

  @Test(arguments: lengths) func `elections are what one element at a time gives`(count: Int) {
    let inputs = (0..<6).map { coarse(count, seed: UInt64($0 + 40)) }
    withCuts(count) { cuts in
      var (kept, dropped) = ([Int](repeating: 0, count: 5), [Int](repeating: 0, count: 5))
      let parts = (0..<count).map { i in (0..<5).map { j in self.kept(inputs, cuts[j], i, j, &kept, &dropped) } }
      for rule in Self.rules {
        var result = [Float](repeating: .nan, count: count)
        result.withUnsafeMutableBufferPointer { out in
          withPointers(Array(inputs[1...])) {
            VectorKernels.best.elect(from: inputs[0], $0, cuts: cuts, rule: rule, into: out)
          }
        }
        let wrong = (0..<count).count { i in
          abs(result[i] - inputs[0][i] - rule.lambda * mix(parts[i], cuts, rule)) > 1e-5
        }
        #expect(wrong == 0, "\(rule)")
      }
    }
  }

  /// What a cut leaves of the difference of model `j` at element `i`, before it is weighted.
  private func kept(
    _ inputs: [[Float]], _ cut: DifferenceCut, _ i: Int, _ j: Int, _ kept: inout [Int], _ dropped: inout [Int]
  ) -> Float {
    let difference = inputs[j + 1][i] - inputs[0][i]
    let pattern = Int32(bitPattern: abs(difference).bitPattern)
    var isIn = pattern > cut.keepAbove
    if pattern == cut.keepAbove, kept[j] < cut.keepEqual { (isIn, kept[j]) = (true, kept[j] + 1) }
    if pattern > cut.dropAbove { isIn = false }
    if pattern == cut.dropAbove, dropped[j] < cut.dropEqual { (isIn, dropped[j]) = (false, dropped[j] + 1) }
    if let selected = cut.selected, selected[i / 16] >> (i % 16) & 1 == 0 { isIn = false }
    return isIn ? difference * cut.scale : 0
  }

  /// What the parts of one element become.
  private func mix(_ parts: [Float], _ cuts: [DifferenceCut], _ rule: SignElection) -> Float {
    let weighted = zip(parts, cuts).map { $0 * $1.weight }
    let votes = rule.isUnweighted ? parts : weighted
    let total = weighted.reduce(0, +)
    var counted = Array(parts.indices)
    var sum = total
    switch rule.consensus {
    case .none: break
    case .participants:
      counted = counted.filter { parts[$0] != 0 }
      if counted.count == 1 { sum *= cuts[counted[0]].alone }
    case .useful(let quorum):
      let useful = counted.count { abs(weighted[$0]) > cuts[$0].alone * abs(total - weighted[$0]) }
      return useful >= quorum ? total : 0
    case .sum, .count:
      let vote = rule.consensus == .sum ? votes.reduce(0, +) : votes.reduce(0) { $0 + ($1 > 0 ? 1 : $1 < 0 ? -1 : 0) }
      let isPositive = rule.drawIsNegative ? vote > 0 : vote >= 0
      counted = counted.filter { isPositive ? votes[$0] > 0 : votes[$0] < 0 }
      sum = counted.reduce(0) { $0 + weighted[$1] }
      if rule.takesLargest { sum = counted.map { weighted[$0] }.max { abs($0) < abs($1) } ?? 0 }
    }
    switch rule.divisor {
    case .one: return sum
    case .weights:
      let weights = counted.reduce(0) { $0 + cuts[$1].weight }
      return weights == 0 ? sum : sum / weights
    case .number: return counted.isEmpty ? sum : sum / Float(counted.count)
    }
  }

  @Test(arguments: lengths) func `stored bfloat16 gives what its conversion gives`(count: Int) {
    let floats = (0..<6).map { coarse(count, seed: UInt64($0 + 20)) }
    let halves = floats.map { $0.map { UInt16($0.bitPattern >> 16) } }
    func expectEqual(
      _ compute: (VectorKernels, UnsafeRawPointer, UnsafeBufferPointer<UnsafeRawPointer>, Bool) -> [UInt64],
      sourceLocation: SourceLocation = #_sourceLocation
    ) {
      let expected = withPointers(Array(floats[1...])) { compute(base, floats[0], $0, false) }
      for kernels in VectorKernels.all {
        let result = withPointers(Array(halves[1...])) { compute(kernels, halves[0], $0, true) }
        #expect(result == expected, sourceLocation: sourceLocation)
      }
    }
    func filled(_ body: (UnsafeMutableBufferPointer<Float>) -> Void) -> [UInt64] {
      var out = [Float](repeating: .nan, count: count)
      out.withUnsafeMutableBufferPointer { body($0) }
      return out.map { UInt64($0.bitPattern) }
    }
    withCuts(count) { cuts in
      for rule in Self.rules {
        expectEqual { kernels, base, inputs, half in
          filled { kernels.elect(from: base, inputs, bfloat16: half, cuts: cuts, rule: rule, into: $0) }
        }
      }
      expectEqual { kernels, base, inputs, half in
        cuts.flatMap { cut in
          let sums = kernels.sumMagnitudes(inputs[0], base: base, bfloat16: half, count: count, cut: cut)
          return [sums.all.bitPattern, sums.kept.bitPattern, sums.keptSquares.bitPattern]
        } + [
          UInt64(
            bitPattern: Int64(kernels.signBalance(from: base, inputs, bfloat16: half, cuts: cuts, count: count)))
        ]
      }
    }
    let five: [Float] = [0.5, -1, 0.25, 2, 0.1]
    expectEqual { kernels, base, inputs, half in
      filled { kernels.combine(inputs, bfloat16: half, coefficients: five, into: $0) }
        + filled {
          kernels.combineDifferences(
            to: base, inputs, bfloat16: half, coefficients: five, lambda: 0.7, into: $0)
        } + filled { kernels.moveTowards(inputs[0], from: base, bfloat16: half, by: 0.3, into: $0) }
        + filled { kernels.varianceOfDifferences(from: base, inputs, bfloat16: half, into: $0) }
    }
    expectEqual { kernels, base, inputs, half in
      var products = [Double](repeating: .nan, count: 15)
      kernels.gram(inputs, bfloat16: half, count: count, into: &products)
      let counts = kernels.countParticipants(from: base, inputs, bfloat16: half, above: 0.3, count: count)
      let equal = kernels.countEqual(
        inputs[1], base: base, bfloat16: half, count: count, pattern: Float(0.5).bitPattern)
      return products.map(\.bitPattern) + counts.flatMap { [UInt64($0.alone), UInt64($0.shared)] } + [UInt64(equal)]
    }
    expectEqual { kernels, base, inputs, half in
      [MagnitudeHistogram.Level.upper, .lower(prefix: Float(0.5).bitPattern >> 16)].flatMap { level in
        let histogram = MagnitudeHistogram(level: level)
        let even = histogram.count(inputs[0], base: base, bfloat16: half, count: count, with: kernels)
        var totals: [Int] = []
        histogram.add(to: &totals)
        return totals.map(UInt64.init) + [UInt64(even)]
      }
    }
    let window = MagnitudeWindow(
      patterns: Float(0.3).bitPattern..<Float(1.3).bitPattern, spikes: [Float(0.5).bitPattern])
    expectEqual { kernels, base, inputs, half in
      let seen = MagnitudeWindowCount(window: window)
      let equal = MagnitudeWindowCount.count(
        inputs[0], base: base, bfloat16: half, count: count, into: [seen], with: kernels)
      return equal.flatMap { $0.map(UInt64.init) } + [UInt64(seen.above)] + seen.others.map(UInt64.init)
    }
  }

  @Test(arguments: lengths) func `inner products of all pairs are those of each`(count: Int) {
    let inputs = (0..<5).map { noise(count, seed: UInt64($0 + 60)) }
    for models in 1...5 {
      let expected = (0..<models).flatMap { i in (i..<models).map { base.dot(inputs[i], inputs[$0], count: count) } }
      for kernels in VectorKernels.all {
        var products = [Double](repeating: .nan, count: expected.count)
        withPointers(Array(inputs[..<models])) { kernels.gram($0, count: count, into: &products) }
        #expect(products.map(\.bitPattern) == expected.map(\.bitPattern))
      }
    }
  }

  @Test(arguments: lengths) func `what is not finite is noticed wherever it stands`(count: Int) {
    let plain = coarse(count, seed: 70)
    for kernels in VectorKernels.all {
      #expect(kernels.allFinite(plain, count: count))
      for (place, value) in [(0, Float.nan), (count / 2, .infinity), (count - 1, -.infinity)] {
        var odd = plain
        odd[place] = value
        #expect(!kernels.allFinite(odd, count: count))
        #expect(!kernels.allFinite(odd.map { UInt16($0.bitPattern >> 16) }, bfloat16: true, count: count))
      }
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
    #expect(differences.pair.counted == finite.count)
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
    _ arrays: [[Element]], _ body: (UnsafeBufferPointer<UnsafeRawPointer>) -> Result
  ) -> Result {
    let copies = arrays.map { array in
      let memory = UnsafeMutablePointer<Element>.allocate(capacity: array.count)
      memory.initialize(from: array, count: array.count)
      return UnsafeRawPointer(memory)
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
