import MergeMethods
import Tensors
import Testing

/// Methods that draw at random: how much they keep, which elements, and what comes out on average.
@Suite struct RandomMethodTests {
  static let shape: Shape = [300, 700]
  static let count = 210_000

  @Test(arguments: ["dare_linear", "dare_ties", "della", "della_linear"], [0.2, 0.5, 0.84])
  func `the share that is kept is the density`(name: String, density: Double) throws {
    let (base, models) = family(models: 1, count: Self.count)
    let result = try run(name, base, models, density: density, rescale: false)
    let kept = zip(result, base).count { $0 != $1 }
    // Five standard deviations of a binomial share.
    let deviation = (density * (1 - density) / Double(Self.count)).squareRoot()
    #expect(abs(Double(kept) / Double(Self.count) - density) < 5 * deviation)
    for i in base.indices where result[i] != base[i] { #expect(abs(result[i] - models[0][i]) < 1e-6) }
  }

  @Test(arguments: ["dare_linear", "della_linear"]) func `rescaled results are right on average`(name: String) throws {
    let count = 2000
    let (base, models) = family(models: 1, count: count)
    var sums = [Double](repeating: 0, count: count)
    let seeds = 400
    for seed in 0..<seeds {
      let result = try run(name, base, models, shape: [2, 1000], density: 0.5, epsilon: 0, seed: UInt64(seed))
      for i in 0..<count { sums[i] += Double(result[i]) }
    }
    // With density one half the deviation of an element's mean is its difference over the root of the number of seeds.
    let far = base.indices.count { i in
      let difference = abs(Double(models[0][i]) - Double(base[i]))
      return abs(sums[i] / Double(seeds) - Double(models[0][i])) > 5 * difference / Double(seeds).squareRoot() + 1e-6
    }
    #expect(far <= 1)
  }

  @Test func `large differences are kept more often`() throws {
    let rows = 3000
    let columns = 10
    // The same ten magnitudes in every row, in an order that changes.
    let base = [Float](repeating: 1, count: rows * columns)
    let model = base.indices.map { base[$0] + Float(($0 / columns + $0) % columns + 1) / 16 }
    let result = try run(
      "della_linear", base, [model], shape: [rows, columns], density: 0.5, rescale: false, epsilon: 0.3)
    for rank in 0..<columns {
      let elements = base.indices.filter { ($0 / columns + $0) % columns == rank }
      let share = Double(elements.count { result[$0] != base[$0] }) / Double(elements.count)
      #expect(abs(share - (0.2 + 0.6 * Double(rank) / 9)) < 5 * (0.25 / Double(elements.count)).squareRoot())
    }
  }

  @Test func `long rows are ranked by level`() throws {
    let columns = 6400
    let base = [Float](repeating: 0, count: 40 * columns)
    let model = base.indices.map { Float($0 % columns + 1) }
    let result = try run(
      "della_linear", base, [model], shape: [40, columns], density: 0.5, rescale: false, epsilon: 0.4)
    for tenth in 0..<10 {
      let elements = base.indices.filter { $0 % columns * 10 / columns == tenth }
      let share = Double(elements.count { result[$0] != 0 }) / Double(elements.count)
      // A rank that is off by a sixteenth shifts a chance by a twentieth.
      #expect(abs(share - (0.1 + 0.8 * (Double(tenth) + 0.5) / 10)) < 0.05)
    }
  }

  @Test func `models, tensors of other seeds and neighbours draw independently`() throws {
    let base = [Float](repeating: 0, count: Self.count)
    let ones = [Float](repeating: 1, count: Self.count)
    let both = try run("dare_linear", base, [ones, ones], density: 0.5, rescale: false)
    let one = try run("dare_linear", base, [ones], density: 0.5, rescale: false)
    let other = try run("dare_linear", base, [ones], density: 0.5, rescale: false, seed: 1)
    func near(_ count: Int, _ share: Double) -> Bool { abs(Double(count) / Double(Self.count) - share) < 0.006 }
    #expect(near(both.count { $0 == 2 }, 0.25) && near(both.count { $0 == 0 }, 0.25))
    #expect(near(zip(one, other).count { $0 == $1 }, 0.5))
    #expect(near(zip(one, one.dropFirst()).count { $0 == $1 }, 0.5))
    // The first draws of this tensor; a change here changes everybody's merges.
    #expect(one.prefix(24).map { $0 == 1 ? "1" : "0" }.joined() == "000010111010100101111110")
  }

  @Test func `a density of zero gives the base, and of one everything`() throws {
    let (base, models) = family(models: 2, count: 1000)
    for name in ["dare_linear", "dare_ties", "della", "della_linear"] {
      #expect(try run(name, base, models, shape: [1000], density: 0) == base)
    }
    let plain = try #require(Catalog.method(named: "task_arithmetic")).make(each: ["weight": 1], inputs: 3)
    let expected = try InMemoryMerge(shape: [1000], base: 2).run(plain, models + [base])
    #expect(try run("dare_linear", base, models, shape: [1000], density: 1) == expected)
  }

  @Test func `chances outside of 0 to 1 are refused before anything is read`() throws {
    let (base, models) = family(models: 1, count: 10)
    #expect(throws: MergeMethodError("density and epsilon must leave chances between 0 and 1, not 0.9 ± 0.15")) {
      try run("della", base, models, shape: [10], density: 0.9)
    }
  }

  private func run(
    _ name: String, _ base: [Float], _ models: [[Float]], shape: Shape = shape, density: Double,
    rescale: Bool = true, epsilon: Double = 0.15, seed: UInt64 = 0
  ) throws -> [Float] {
    let method = try #require(Catalog.method(named: name)).make(
      ["rescale": rescale ? 1 : 0], each: ["weight": 1, "density": density, "epsilon": epsilon],
      inputs: models.count + 1)
    return try InMemoryMerge(shape: shape, base: models.count, seed: seed).run(method, models + [base])
  }
}
