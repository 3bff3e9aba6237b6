import Kernels
import Testing

/// Random masks, bounded moves and participation: the same on every instruction set, and what they say they are.
@Suite struct ThinningTests {
  @Test(arguments: [1, 17, 256, 1000]) func `every instruction set keeps the same elements`(count: Int) {
    let x = (0..<count).map { Float($0 * 37 % 101) / 50 }
    let base = [Float](repeating: 0.5, count: count)
    let draw = RandomDraw(
      key: 99, levels: [0.2, 0.7], thresholds: [0.1, 0.3, 0.5, 0.7, 0.9].map(RandomDraw.threshold))
    var expected: [[Float]] = []
    for kernels in VectorKernels.all {
      var thinned = [Float](repeating: .nan, count: count)
      kernels.thinOut(x, base: base, count: count, draw: draw, first: 5, into: &thinned)
      var moved = thinned
      moved.withUnsafeMutableBufferPointer { kernels.moveTowards(x, from: base, by: 0.3, into: $0) }
      if expected.isEmpty { expected = [thinned, moved] }
      #expect([thinned, moved].map { $0.map(\.bitPattern) } == expected.map { $0.map(\.bitPattern) })
      #expect(zip(thinned, zip(x, base)).allSatisfy { $0 == $1.0 || $0 == $1.1 })
    }
  }

  @Test func `a block drawn in two pieces is the block drawn at once`() {
    let x = [Float](repeating: 1, count: 600)
    let base = [Float](repeating: 0, count: 600)
    let draw = RandomDraw(key: RandomDraw.key(seed: 1, tensor: "w", model: 2), probability: 0.4)
    var whole = base
    VectorKernels.best.thinOut(x, base: base, count: 600, draw: draw, first: 0, into: &whole)
    var pieces = base
    pieces.withUnsafeMutableBufferPointer { out in
      guard let first = out.baseAddress else { return }
      VectorKernels.best.thinOut(x, base: base, count: 77, draw: draw, first: 0, into: first)
      VectorKernels.best.thinOut(x, base: base, count: 523, draw: draw, first: 77, into: first + 77)
    }
    #expect(whole == pieces)
    #expect(RandomDraw.threshold(0) == 0 && RandomDraw.threshold(1) == 1 << 32 && RandomDraw.threshold(2) == 1 << 32)
  }
}
