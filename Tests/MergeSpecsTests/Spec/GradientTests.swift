import MergeSpecs
import Testing

@Suite struct GradientTests {
  @Test func `five values over four layers are those of the reference merge`() {
    // From the reference merge slerp-gradient-filters: values at 0, 4/3, 8/3 and 4 of the list.
    let attention = Gradient([0, 0.5, 0.3, 0.7, 1])
    let depths = (0..<4).map { Gradient.depth(ofLayer: $0, of: 4) }
    #expect(depths == [0, 1.0 / 3, 2.0 / 3, 1])
    let expected = [0, 0.5 * 2 / 3 + 0.3 / 3, 0.3 / 3 + 0.7 * 2 / 3, 1]
    for (depth, value) in zip(depths, expected) {
      #expect(abs(attention.value(atDepth: depth) - value) < 1e-15)
    }
  }

  @Test func `one value is constant and the ends are exact`() {
    for depth in [0, 0.3, 1] { #expect(Gradient([0.7]).value(atDepth: depth) == 0.7) }
    #expect(Gradient([0.1, 0.9]).value(atDepth: 0) == 0.1)
    #expect(Gradient([0.1, 0.9]).value(atDepth: 1) == 0.9)
    #expect(Gradient([0, 1]).value(atDepth: 0.25) == 0.25)
    #expect(Gradient([]).value(atDepth: 1) == 0)
  }

  @Test func `a slice of one layer lies at its end`() {
    #expect(Gradient.depth(ofLayer: 0, of: 1) == 1)
    #expect(Gradient.depth(ofLayer: 0, of: 2) == 0)
    #expect(Gradient.depth(ofLayer: 1, of: 2) == 1)
  }
}
