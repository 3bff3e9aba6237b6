import MergeMethods
import Tensors
import Testing

/// What every method of the catalogue must do, and the laws that its card claims.
@Suite struct MethodContractTests {
  static let methods = Catalog.methods.map(\.name)
  static let count = 3 * Streaming.blockElements + 517

  @Test(arguments: methods) func `a result does not depend on the order of blocks or the number of workers`(
    name: String
  ) throws {
    let (method, inputs, base) = try sample(name)
    let shape: Shape = [2 * Streaming.bandElements / 700 + 3, 700]
    let cut = inputs.enumerated().map { index, input in
      (0..<shape.elementCount).map { input[($0 + $0 / input.count * (index + 1)) % input.count] }
    }
    let once = try InMemoryMerge(shape: shape, base: base).run(method, cut)
    for (reversed, locals) in [(true, 1), (false, 3), (true, 2)] {
      let again = try InMemoryMerge(shape: shape, base: base, reversed: reversed, locals: locals).run(method, cut)
      #expect(again.map(\.bitPattern) == once.map(\.bitPattern))
    }
    #expect(once.allSatisfy { $0.isFinite })
  }

  @Test(arguments: Catalog.methods.filter { $0.laws.contains(.idempotent) }.map(\.name))
  func `merging a model with itself gives it back`(name: String) throws {
    let description = try #require(Catalog.method(named: name))
    let (base, _) = family(models: 1, count: Self.count)
    let count = min(3, description.inputs.upperBound)
    let method = try description.make(global(description), each: ["weight": 0.5], inputs: count)
    let index = description.base == .unused ? nil : count - 1
    let result = try InMemoryMerge(shape: [Self.count], base: index).run(method, Array(repeating: base, count: count))
    for (a, b) in zip(base, result) { #expect(abs(a - b) <= 2e-7 * max(abs(a), 1e-3)) }
  }

  @Test(arguments: Catalog.methods.filter { $0.laws.contains(.symmetric) }.map(\.name))
  func `the order of the models changes nothing beyond rounding`(name: String) throws {
    let description = try #require(Catalog.method(named: name))
    let (base, models) = family(models: 3, count: Self.count)
    let weights = [0.5, 1.0, 1.5]
    func run(_ order: [Int]) throws -> [Float] {
      let inputs = order.map { models[$0] } + (description.base == .required ? [base] : [])
      let parameters = inputs.indices.map { $0 < 3 ? ["weight": weights[order[$0]], "density": 0.6] : [:] }
      let method = try description.make(ResolvedParameters(global: global(description), perInput: parameters))
      return try InMemoryMerge(shape: [Self.count], base: description.base == .required ? 3 : nil).run(method, inputs)
    }
    let first = try run([0, 1, 2])
    let second = try run([2, 0, 1])
    let far = zip(first, second).count { abs($0 - $1) > 1e-6 }
    // A sum within rounding of zero may elect the other sign; that happens to single elements at most.
    #expect(far <= 3)
  }

  @Test(arguments: Catalog.methods.filter { $0.laws.contains(.endPoints) }.map(\.name))
  func `extreme parameters give back one of the models`(name: String) throws {
    let description = try #require(Catalog.method(named: name))
    let (base, models) = family(models: 2, count: Self.count)
    let inputs = description.base == .required ? [models[0], base] : models
    for chosen in 0...1 {
      let perInput = (0...1).map { ["weight": $0 == chosen ? 1.0 : 0.0] }
      // SLERP and its like go from the base, the second, to the other; near swap is there at any large t.
      let method = try description.make(
        ResolvedParameters(
          global: global(description, t: chosen == 0 ? (name == "nearswap" ? 100 : 1) : 0),
          perInput: perInput))
      let result = try InMemoryMerge(shape: [Self.count], base: description.base == .required ? 1 : nil)
        .run(method, inputs)
      let far = zip(result, inputs[chosen]).count { abs($0 - $1) > 1e-6 }
      #expect(far == 0)
    }
  }

  @Test(arguments: Catalog.methods.filter { $0.laws.contains(.homogeneous) }.map(\.name))
  func `models scaled by a power of two give the result scaled by it`(name: String) throws {
    let (method, inputs, base) = try sample(name)
    let merge = InMemoryMerge(shape: [Self.count / 7, 7], base: base)
    let even = inputs.map { Array($0[..<(Self.count / 7 * 7)]) }
    let once = try merge.run(method, even)
    let scaled = try merge.run(method, even.map { $0.map { $0 * 8 } })
    let far = zip(once, scaled).count { abs($0 * 8 - $1) > 1e-5 }
    #expect(far == 0)
  }

  @Test(arguments: Catalog.methods.filter { $0.parameters.contains { $0.name == "lambda" } }.map(\.name))
  func `a factor of zero gives the base`(name: String) throws {
    let (_, inputs, base) = try sample(name)
    let method = try #require(Catalog.method(named: name)).make(
      ["lambda": 0], each: ["weight": 0.7, "density": 0.4], inputs: inputs.count)
    let last = try #require(base)
    #expect(try InMemoryMerge(shape: [Self.count], base: last).run(method, inputs) == inputs[last])
  }

  @Test(arguments: methods) func `an empty tensor stays empty`(name: String) throws {
    let (method, inputs, base) = try sample(name)
    #expect(try InMemoryMerge(shape: [0], base: base).run(method, inputs.map { _ in [] }).isEmpty)
  }

  @Test(arguments: methods) func `tensors of one element are merged`(name: String) throws {
    let (method, inputs, base) = try sample(name)
    let result = try InMemoryMerge(shape: [1], base: base).run(method, inputs.map { [$0[0]] })
    #expect(result[0].isFinite)
  }

  @Test func `names are unique and in alphabetical order, and every card explains itself`() {
    #expect(Self.methods == Self.methods.sorted() && Set(Self.methods).count == Self.methods.count)
    for method in Catalog.methods {
      #expect(!method.summary.isEmpty && !method.formula.isEmpty && !method.reference.isEmpty && !method.title.isEmpty)
      for parameter in method.parameters { #expect(parameter.summary.hasSuffix(".")) }
    }
  }

  @Test func `a value out of range is refused with what is allowed`() throws {
    let ties = try #require(Catalog.method(named: "ties"))
    #expect(throws: MergeMethodError("density must be a number from 0 to 1, not 1.5")) {
      try ties.make(each: ["weight": 1, "density": 1.5], inputs: 2)
    }
  }

  // MARK: Means

  private func global(_ description: MethodDescription, t: Double = 0.3) -> [String: Double] {
    description.parameters.contains { $0.name == "t" } ? ["t": t] : [:]
  }

  private func sample(_ name: String) throws -> (any MergeMethod, [[Float]], Int?) {
    let description = try #require(Catalog.method(named: name))
    let models = min(3, description.inputs.upperBound - (description.base == .unused ? 0 : 1))
    let (base, others) = family(models: models, count: Self.count, coarse: true)
    let inputs = others + (description.base == .unused ? [] : [base])
    let method = try description.make(
      global(description), each: ["weight": 0.7, "density": 0.4, "gamma": 0.05], inputs: inputs.count)
    return (method, inputs, description.base == .unused ? nil : inputs.count - 1)
  }
}
