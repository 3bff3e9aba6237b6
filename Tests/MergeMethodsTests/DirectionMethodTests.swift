import MergeMethods
import Tensors
import Testing

/// Means of directions and element-wise methods where their formulas have corners.
@Suite struct DirectionMethodTests {
  @Test func `directions that cancel are refused, and two of them are joined by a line`() throws {
    let method = try #require(Catalog.method(named: "multislerp"))
    let three: [[Float]] = [[1, 0], [-1, 0], [0, 0]]
    #expect(throws: MergeMethodError.self) {
      try InMemoryMerge(shape: [2]).run(try method.make(each: ["weight": 1], inputs: 3), three)
    }
    let two = try method.make(ResolvedParameters(perInput: [["weight": 1], ["weight": 1]]))
    #expect(try InMemoryMerge(shape: [2]).run(two, [[2, 0], [-2, 0]]) == [0, 0])
  }

  @Test func `models equal to the base give the base`() throws {
    let base: [Float] = [0.5, -1, 3]
    let method = try #require(Catalog.method(named: "multislerp")).make(each: ["weight": 1], inputs: 4)
    #expect(try InMemoryMerge(shape: [3], base: 3).run(method, [base, base, base, base]) == base)
  }

  @Test func `a single model is given back unchanged`() throws {
    let (base, models) = family(models: 1, count: 100)
    let slerp = try #require(Catalog.method(named: "multislerp")).make(each: ["weight": 0.3], inputs: 2)
    #expect(try InMemoryMerge(shape: [100], base: 1).run(slerp, models + [base]) == models[0])
    let karcher = try #require(Catalog.method(named: "karcher")).make(inputs: 1)
    #expect(try InMemoryMerge(shape: [100]).run(karcher, models) == models[0])
  }

  @Test func `the Karcher mean of an arc's ends is its middle, and zeros have no direction`() throws {
    let method = try #require(Catalog.method(named: "karcher")).make(["max_iter": 50], inputs: 3)
    let middle = try InMemoryMerge(shape: [2]).run(method, [[2, 0], [0, 2], [0, 0]])
    let expected = Float(4.0 / 3) * Float(0.5).squareRoot()
    for value in middle { #expect(abs(value - expected) < 1e-6) }
    #expect(try InMemoryMerge(shape: [2]).run(method, [[0, 0], [0, 0], [0, 0]]) == [0, 0])
    // Opposite directions have no middle; the first is taken.
    let opposite = try InMemoryMerge(shape: [2]).run(method, [[3, 0], [-3, 0], [0, 0]])
    #expect(abs(opposite[0] - 2) < 1e-6 && opposite[1] == 0)
  }

  @Test(arguments: [-1, 0, 0.05, 10.0]) func `nearswap moves no element by more than t`(t: Double) throws {
    let (base, models) = family(models: 1, count: 1000)
    let method = try #require(Catalog.method(named: "nearswap")).make(["t": t], inputs: 2)
    let result = try InMemoryMerge(shape: [1000], base: 0).run(method, [base] + models)
    for i in 0..<1000 {
      let difference = models[0][i] - base[i]
      let limit = Float(max(0, t))
      let expected = base[i] + (abs(difference) <= limit ? difference : difference < 0 ? -limit : limit)
      #expect(abs(result[i] - expected) < 1e-6)
    }
  }

  @Test func `ram averages shared changes and keeps those of one model`() throws {
    let base: [Float] = [1, 1, 1, 1, 1]
    let models: [[Float]] = [[2, 1, 3, 1, 1.0000001], [4, 1, 1, 0, 1]]
    let ram = try #require(Catalog.method(named: "ram")).make(inputs: 3)
    #expect(try InMemoryMerge(shape: [5], base: 2).run(ram, models + [base]) == [3, 1, 3, 0, 1])
    // Each model has one change of its own and one that is shared: a ratio of one, of which alpha leaves a half.
    let plus = try #require(Catalog.method(named: "ramplus_tl")).make(["r": 0.5, "alpha": 0.5], inputs: 3)
    #expect(try InMemoryMerge(shape: [5], base: 2).run(plus, models + [base]) == [3, 1, 3.5, -0.25, 1])
  }
}
