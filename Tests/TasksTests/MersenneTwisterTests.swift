import Testing

import Tasks

/// Expected values are outputs of CPython 3.11's `random`.
@Suite struct `Random numbers as CPython draws them` {
  @Test func `words follow from the seed`() {
    var zero = MersenneTwister(seed: 0)
    #expect((0..<3).map { _ in zero.word() } == [3_626_764_237, 1_654_615_998, 3_255_389_356])
    var other = MersenneTwister(seed: 1234)
    #expect((0..<3).map { _ in other.word() } == [4_150_886_329, 3_342_196_574, 1_892_932_127])
  }

  @Test func `doubles, samples and choices follow one another in one stream`() {
    var generator = MersenneTwister(seed: 1234)
    for _ in 0..<3 { _ = generator.word() }
    #expect(generator.unit() == 0.11685051774599753)
    #expect(generator.sample(4, from: 30) == [2, 29, 25, 18])
    #expect((0..<5).map { _ in generator.choice(from: 7) } == [0, 4, 0, 2, 0])
  }

  @Test func `choices with replacement`() {
    var generator = MersenneTwister(seed: 0)
    #expect((0..<8).map { _ in generator.choice(from: 10) } == [8, 7, 4, 2, 5, 4, 7, 3])
  }

  @Test func `samples from a large pool are drawn by a set of what was seen`() {
    var generator = MersenneTwister(seed: 1234)
    let samples = (0..<3).map { _ in generator.sample(5, from: 1000) }
    #expect(samples == [[989, 796, 451, 119, 7], [92, 932, 965, 961, 826], [596, 35, 687, 709, 85]])
  }

  @Test func `samples from a small pool are drawn from a copy of it`() {
    var generator = MersenneTwister(seed: 1234)
    #expect(generator.sample(6, from: 20) == [14, 3, 0, 2, 1, 10])
    #expect(generator.sample(3, from: 5) == [0, 4, 1])
    #expect(generator.sample(6, from: 5) == nil)
  }
}
