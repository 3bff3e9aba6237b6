import Foundation
import MergeMethods
import Tensors
import Testing

/// Methods against their formulas, computed naively in float64 with sorts where Braid counts.
@Suite struct MethodFormulaTests {
  static let count = 2 * Streaming.blockElements + 1000

  @Test func `linear is the weighted mean`() throws {
    let (_, models) = family(models: 3, count: Self.count)
    let method = try make("linear", weights: [1, 2, 0.5])
    expectClose(try run(method, models)) { i in (1 * models[0][i] + 2 * models[1][i] + 0.5 * models[2][i]) / 3.5 }
  }

  @Test func `linear without normalize is the weighted sum`() throws {
    let (_, models) = family(models: 2, count: Self.count)
    let method = try make("linear", ["normalize": 0], weights: [2, -0.5])
    expectClose(try run(method, models)) { i in 2 * models[0][i] - 0.5 * models[1][i] }
  }

  @Test func `weights that sum to zero are refused`() throws {
    let method = try make("linear", weights: [1, -1])
    #expect(throws: MergeMethodError("the weights sum to zero and cannot be normalized")) {
      try run(method, [[1], [2]])
    }
  }

  @Test(arguments: [0, 0.25, 1, 1.5]) func `slerp follows the arc`(t: Double) throws {
    let a = family(models: 1, count: Self.count, seed: 3).base
    let b = family(models: 1, count: Self.count, seed: 4).base
    let method = try make("slerp", ["t": t], weights: [])
    let result = try InMemoryMerge(shape: [Self.count], base: 1).run(method, [b, a])
    let dot = zip(a, b).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    func norm(_ x: [Float]) -> Double { x.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot() }
    let angle = acos(dot / norm(a) / norm(b))
    let (c0, c1) = (sin((1 - t) * angle) / sin(angle), sin(t * angle) / sin(angle))
    for i in 0..<Self.count { #expect(abs(Double(result[i]) - c0 * Double(a[i]) - c1 * Double(b[i])) < 1e-6) }
    if t == 0 { #expect(result == a) }
  }

  @Test func `slerp takes the chord between directions that nearly agree`() throws {
    let a = family(models: 1, count: 100).base
    let b = a.map { $0 * 1.5 }
    let result = try InMemoryMerge(shape: [100], base: 0).run(make("slerp", ["t": 0.5], weights: []), [a, b])
    for (x, y) in zip(a, result) { #expect(abs(x * 1.25 - y) < 1e-6) }
    let zeros = [Float](repeating: 0, count: 100)
    let withZero = try InMemoryMerge(shape: [100], base: 0).run(make("slerp", ["t": 0.5], weights: []), [zeros, a])
    #expect(withZero.allSatisfy { $0.isFinite })
  }

  @Test(arguments: [false, true]) func `task arithmetic adds weighted differences`(normalize: Bool) throws {
    let (base, models) = family(models: 3, count: Self.count)
    let method = try make(
      "task_arithmetic", ["lambda": 0.5, "normalize": normalize ? 1 : 0], weights: [1, 0.5, 2], base: true)
    let result = try InMemoryMerge(shape: [Self.count], base: 3).run(method, models + [base])
    for i in 0..<Self.count {
      let sum = 1 * (models[0][i] - base[i]) + 0.5 * (models[1][i] - base[i]) + 2 * (models[2][i] - base[i])
      #expect(abs(result[i] - (base[i] + 0.5 * (normalize ? sum / 3.5 : sum))) < 2e-6)
    }
  }

  @Test(arguments: [0.0, 0.0001, 0.3, 0.5, 0.999, 1.0], [false, true])
  func `ties keeps exactly the largest and lets the elected sign win`(density: Double, coarse: Bool) throws {
    let (base, models) = family(models: 3, count: Self.count, seed: 9, coarse: coarse)
    let weights = [1.0, 0.5, 0.75]
    let perInput = weights.map { ["weight": $0, "density": density] } + [[:]]
    let method = try #require(Catalog.method(named: "ties")).make(ResolvedParameters(perInput: perInput))
    let result = try InMemoryMerge(shape: [Self.count], base: 3, locals: 2).run(method, models + [base])
    let expected = naiveTIES(base, models, weights.map(Float.init), density)
    for i in 0..<Self.count where abs(result[i] - expected[i]) > 1e-6 {
      Issue.record("element \(i): \(result[i]) instead of \(expected[i])")
      return
    }
  }

  @Test(arguments: [0.02, 0.5, 0.9], ["quantised", "smooth", "sorted"])
  func `ties finds the same elements in tensors large enough to be sampled`(density: Double, kind: String) throws {
    let count = 80 * Streaming.blockElements + 77
    var (base, models) = family(models: 1, count: count, seed: 5, coarse: kind == "quantised")
    // Magnitudes that grow along the tensor mislead a sample the most.
    if kind == "sorted" { models[0] = base.indices.map { base[$0] + Float($0) / Float(count) } }
    if kind == "quantised" { base = base.map { ($0 * 64).rounded() / 64 } }
    let method = try #require(Catalog.method(named: "ties")).make(
      ResolvedParameters(perInput: [["weight": 1, "density": density], [:]]))
    let result = try InMemoryMerge(shape: [count], base: 1, locals: 2).run(method, models + [base])
    let kept = Set(ranked(models[0], base)[0..<Int(density * Double(count))])
    let wrong = base.indices.count { i in
      result[i] != (kept.contains(i) ? base[i] + (models[0][i] - base[i]) : base[i])
    }
    #expect(wrong == 0)
  }

  @Test func `rescale keeps the sum of magnitudes`() throws {
    let (base, models) = family(models: 1, count: Self.count)
    let method = try #require(Catalog.method(named: "ties")).make(
      ResolvedParameters(
        global: ["rescale": 1, "normalize": 0], perInput: [["weight": 1, "density": 0.25], [:]]))
    let result = try InMemoryMerge(shape: [Self.count], base: 1).run(method, models + [base])
    func magnitudes(_ x: [Float]) -> Double { zip(x, base).reduce(0) { $0 + abs(Double($1.0) - Double($1.1)) } }
    #expect(abs(magnitudes(result) / magnitudes(models[0]) - 1) < 1e-4)
    #expect(zip(result, base).count { $0 != $1 } == Self.count / 4)
  }

  @Test(arguments: [0.0, 0.01, 0.2]) func `breadcrumbs drops outliers and small elements`(gamma: Double) throws {
    let (base, models) = family(models: 1, count: Self.count, coarse: true)
    let method = try #require(Catalog.method(named: "breadcrumbs")).make(
      ResolvedParameters(perInput: [["weight": 1, "density": 0.5, "gamma": gamma], [:]]))
    let result = try InMemoryMerge(shape: [Self.count], base: 1).run(method, models + [base])
    let order = ranked(models[0], base)
    let top = Int(gamma * Double(Self.count))
    let kept = Set(order[top..<top + Self.count / 2])
    for i in 0..<Self.count {
      #expect(abs(result[i] - (kept.contains(i) ? base[i] + (models[0][i] - base[i]) : base[i])) < 1e-6)
    }
  }

  @Test func `passthrough scales if asked`() throws {
    let a = family(models: 1, count: 100).base
    let scaled = try #require(Catalog.method(named: "passthrough")).make(each: ["scale": 0.5], inputs: 1)
    #expect(try InMemoryMerge(shape: [100]).run(scaled, [a]) == a.map { $0 * 0.5 })
    let plain = try #require(Catalog.method(named: "passthrough")).make(inputs: 1)
    #expect(try InMemoryMerge(shape: [100]).run(plain, [a]) == a)
  }

  // MARK: Means

  private func make(
    _ name: String, _ global: [String: Double] = [:], weights: [Double], base: Bool = false
  ) throws -> any MergeMethod {
    let perInput = weights.map { ["weight": $0] } + (base ? [[:]] : [])
    return try #require(Catalog.method(named: name)).make(ResolvedParameters(global: global, perInput: perInput))
  }

  private func run(_ method: any MergeMethod, _ inputs: [[Float]]) throws -> [Float] {
    try InMemoryMerge(shape: [inputs[0].count]).run(method, inputs)
  }

  private func expectClose(_ result: [Float], _ expected: (Int) -> Float) {
    for i in result.indices where abs(result[i] - expected(i)) > 1e-6 { Issue.record("element \(i) is \(result[i])") }
  }

  /// Indices from the largest difference to the smallest, equal ones in their order.
  private func ranked(_ model: [Float], _ base: [Float]) -> [Int] {
    model.indices.sorted { a, b in
      let (x, y) = (abs(model[a] - base[a]), abs(model[b] - base[b]))
      return x != y ? x > y : a < b
    }
  }

  private func naiveTIES(_ base: [Float], _ models: [[Float]], _ weights: [Float], _ density: Double) -> [Float] {
    let kept = models.map { model -> [Float] in
      let count = density >= 1 ? base.count : density > 0 ? max(1, Int(density * Double(base.count))) : 0
      var difference = [Float](repeating: 0, count: base.count)
      for i in ranked(model, base)[0..<count] { difference[i] = model[i] - base[i] }
      return difference
    }
    return base.indices.map { i in
      let parts = zip(kept, weights).map { $0[i] * $1 }
      let positive = parts.reduce(0, +) >= 0
      var (sum, divisor): (Float, Float) = (0, 0)
      for (part, weight) in zip(parts, weights) where positive ? part > 0 : part < 0 {
        sum += part
        divisor += weight
      }
      return base[i] + sum / (divisor == 0 ? 1 : divisor)
    }
  }
}
