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

  @Test(arguments: [65, 100, 5000]) func `levels of a row are near their ranks, and zeros stay zeros`(count: Int) {
    var generator = SplitMix(state: 9)
    let row = (0..<count).map { _ in
      Bool.random(using: &generator) ? Float.random(in: 0...1, using: &generator) : 0
    }
    let sorted = row.sorted()
    var seen: Set<[UInt32]> = []
    for kernels in VectorKernels.all {
      var levels = [Float](repeating: .nan, count: 16)
      levels.withUnsafeMutableBufferPointer { kernels.levels(of: row, count: count, into: $0) }
      for (level, value) in levels.enumerated() {
        let exact = sorted[(2 * level + 1) * count / 32]
        #expect(exact == 0 ? value == 0 : abs(value - exact) <= exact / 128)
      }
      seen.insert(levels.map(\.bitPattern))
    }
    #expect(seen.count == 1)
  }

  @Test func `a difference drawn in two pieces is the one drawn at once`() {
    let x = [Float](repeating: 1, count: 600)
    let base = [Float](repeating: 0, count: 600)
    let cut = DifferenceCut(
      weight: 1, draw: RandomDraw(key: RandomDraw.key(seed: 1, tensor: "w", model: 2), probability: 0.4))
    func drawn(_ range: Range<Int>) -> [Float] {
      var out = [Float](repeating: .nan, count: range.count)
      x.withUnsafeBytes { bytes in
        guard let first = bytes.baseAddress else { return }
        withUnsafePointer(to: first + range.lowerBound * 4) { pointer in
          out.withUnsafeMutableBufferPointer {
            VectorKernels.best.elect(
              from: base, UnsafeBufferPointer(start: pointer, count: 1), cuts: [cut],
              rule: SignElection(consensus: .none, divisor: .one, lambda: 1), first: range.lowerBound, into: $0)
          }
        }
      }
      return out
    }
    let whole = drawn(0..<600)
    #expect(drawn(0..<77) + drawn(77..<600) == whole)
    #expect(abs(whole.reduce(0, +) / 600 - 0.4) < 0.08)
    #expect(RandomDraw.threshold(0) == 0 && RandomDraw.threshold(1) == 1 << 32 && RandomDraw.threshold(2) == 1 << 32)
  }
}
