import Foundation
import MergeMethods
import Tensors
import Testing

/// Tiny tensors, zeros, opposites and weights that cancel: where formulas divide by nothing and other programs stop.
@Suite struct CornerCaseTests {
  static let sparse = ["breadcrumbs", "breadcrumbs_ties", "dare_linear", "dare_ties", "della", "della_linear", "ties"]

  @Test(arguments: sparse) func `a density of zero gives the base`(name: String) throws {
    let (base, models) = family(models: 2, count: 300)
    let method = try make(name, each: ["weight": 1, "density": 0], inputs: 3)
    #expect(try InMemoryMerge(shape: [300], base: 2).run(method, models + [base]) == base)
  }

  @Test(arguments: sparse, [1, 2, 3, 7]) func `tensors of few elements are merged at any density`(
    name: String, count: Int
  ) throws {
    let (base, models) = family(models: 2, count: count)
    for density in [0.001, 0.3, 0.5, 0.8] {
      let method = try make(name, each: ["weight": 1, "density": density, "epsilon": 0.0005], inputs: 3)
      let result = try InMemoryMerge(shape: [count], base: 2).run(method, models + [base])
      #expect(result.allSatisfy { $0.isFinite })
    }
    // What is kept at least is one element; mergekit stops here.
    let ties = try make("ties", each: ["weight": 1, "density": 0.001], inputs: 2)
    let kept = try InMemoryMerge(shape: [count], base: 1).run(ties, [models[0], base])
    #expect(zip(kept, base).count { $0 != $1 } == 1)
  }

  @Test func `short vectors lose no outliers, and keep the rest`() throws {
    let base = [Float](repeating: 0, count: 10)
    let model: [Float] = [1, -2, 3, -4, 5, -6, 7, -8, 9, -10]
    let method = try make("breadcrumbs", each: ["weight": 1, "density": 0.5, "gamma": 0.01], inputs: 2)
    #expect(
      try InMemoryMerge(shape: [10], base: 1).run(method, [model, base]) == [0, 0, 0, 0, 0, -6, 7, -8, 9, -10])
    let more = try make("breadcrumbs", each: ["weight": 1, "density": 0.5, "gamma": 0.2], inputs: 2)
    #expect(try InMemoryMerge(shape: [10], base: 1).run(more, [model, base]) == [0, 0, 0, -4, 5, -6, 7, -8, 0, 0])
  }

  @Test func `of equal magnitudes at the threshold the first are kept`() throws {
    let base = [Float](repeating: 0, count: 8)
    let model: [Float] = [1, -1, 1, 2, -1, 1, -2, 1]
    let method = try make("ties", each: ["weight": 1, "density": 0.5], inputs: 2)
    #expect(try InMemoryMerge(shape: [8], base: 1).run(method, [model, base]) == [1, -1, 0, 2, 0, 0, -2, 0])
  }

  @Test(arguments: ["linear", "multislerp"]) func `weights that cancel have no mean`(name: String) throws {
    let description = try #require(Catalog.method(named: name))
    let method = try description.make(ResolvedParameters(perInput: [["weight": 1], ["weight": -1]]))
    #expect(throws: MergeMethodError("the weights sum to zero and cannot be normalized")) {
      try InMemoryMerge(shape: [2]).run(method, [[1, 2], [3, 4]])
    }
  }

  @Test func `weights that cancel divide differences by one, and make nuslerp meet halfway`() throws {
    let perInput = [["weight": 0.5], ["weight": -0.5], [:]]
    for name in ["task_arithmetic", "dare_linear", "breadcrumbs", "della_linear"] {
      let method = try #require(Catalog.method(named: name)).make(
        ResolvedParameters(global: ["normalize": 1], perInput: perInput))
      #expect(try InMemoryMerge(shape: [2], base: 2).run(method, [[3, 1], [1, 2], [0, 0]]) == [1, -0.5])
    }
    // Both agree that the sum is positive, and their weights cancel: divided by one.
    let ties = try #require(Catalog.method(named: "ties")).make(ResolvedParameters(perInput: perInput))
    #expect(try InMemoryMerge(shape: [1], base: 2).run(ties, [[3], [-1], [0]]) == [2])
    let nuslerp = try #require(Catalog.method(named: "nuslerp")).make(
      ResolvedParameters(perInput: Array(perInput.prefix(2))))
    let middle = try InMemoryMerge(shape: [2]).run(nuslerp, [[1, 0], [0, 1]])
    for value in middle { #expect(abs(value - Float(0.5).squareRoot()) < 1e-6) }
  }

  @Test(arguments: ["slerp", "nuslerp", "karcher", "multislerp", "model_stock"])
  func `zeros and opposites give finite numbers`(name: String) throws {
    let description = try #require(Catalog.method(named: name))
    let x: [Float] = [1, -2, 3, 0.5]
    let (zero, opposite) = (x.map { _ in Float(0) }, x.map { -$0 })
    let pairs: [[[Float]]] = [[x, opposite], [zero, x], [x, zero], [zero, zero], [x, x]]
    for pair in pairs {
      let inputs = name == "model_stock" ? pair + [zero] : pair
      let base = description.base == .required ? inputs.count - 1 : nil
      for global in [[:], ["nuslerp_flatten": 0.0], ["nuslerp_flatten": 0, "nuslerp_row_wise": 1], ["filter_wise": 1]] {
        let known = global.filter { member in description.parameters.contains { $0.name == member.key } }
        let method = try description.make(
          known.merging(description.parameters.contains { $0.name == "t" } ? ["t": 0.5] : [:]) { $1 },
          each: ["weight": 1], inputs: inputs.count)
        for shape: Shape in [[4], [2, 2], [4, 1], [1, 4]] {
          let result = try InMemoryMerge(shape: shape, base: base).run(method, inputs)
          #expect(result.allSatisfy { $0.isFinite }, "\(pair) \(shape)")
        }
      }
    }
  }

  @Test func `exact opposites meet in the middle of the line between them`() throws {
    let nuslerp = try make("nuslerp", each: ["weight": 1], inputs: 2)
    #expect(try InMemoryMerge(shape: [2]).run(nuslerp, [[1, -2], [-1, 2]]) == [0, 0])
    let slerp = try make("slerp", ["t": 0.25], inputs: 2)
    #expect(try InMemoryMerge(shape: [2], base: 0).run(slerp, [[1, -2], [-1, 2]]) == [0.5, -1])
    // Differences that oppose each other say nothing about a common direction: 1 + (k−1)·cos is zero.
    let stock = try make("model_stock", inputs: 3)
    #expect(try InMemoryMerge(shape: [2], base: 2).run(stock, [[2, 3], [0, -1], [1, 1]]) == [1, 1])
  }

  @Test func `rows of one element have no ranks and no divergence`() throws {
    let base: [Float] = [1, 2, 3, 4, 5, 6]
    let model: [Float] = [2, 2, 4, 4, 6, 6]
    let della = try make("della_linear", ["rescale": 0], each: ["weight": 1, "density": 0.5], inputs: 2)
    let result = try InMemoryMerge(shape: [6, 1], base: 1).run(della, [model, base])
    for i in base.indices { #expect(result[i] == base[i] || result[i] == model[i]) }
    let fusion = try make("arcee_fusion", inputs: 2)
    #expect(try InMemoryMerge(shape: [6, 1], base: 1).run(fusion, [model, base]) == model)
    let stock = try make("model_stock", ["filter_wise": 1], inputs: 3)
    let stocked = try InMemoryMerge(shape: [6, 1], base: 2).run(stock, [model, model, base])
    #expect(stocked == model)
  }

  @Test func `fusion takes what stands out and leaves the rest`() throws {
    // Two rows of which only the second changes its distribution, and one element of it far more than the others.
    let base: [Float] = [0, 0, 0, 0, 0, 0, 0, 0]
    let model: [Float] = [0.1, 0.1, 0.1, 0.1, 3, 0.01, 0.01, 0.01]
    let fusion = try make("arcee_fusion", inputs: 2)
    let result = try InMemoryMerge(shape: [2, 4], base: 0).run(fusion, [base, model])
    #expect(result == [0, 0, 0, 0, 3, 0.01, 0.01, 0.01] || result == [0, 0, 0, 0, 3, 0, 0, 0])
  }

  @Test(arguments: [1, 2, 3, 4, 5, 9, 100, 70_001]) func `fusion's quartiles are those of a sort`(count: Int) throws {
    let (base, models) = family(models: 1, count: count, coarse: count == 9)
    let fusion = try make("arcee_fusion", inputs: 2)
    // One row: the divergence is a common factor, so that the ranks are those of the differences.
    let result = try InMemoryMerge(shape: [count], base: 0, locals: 2).run(fusion, [base, models[0]])
    let magnitudes = zip(models[0], base).map { abs($0 - $1) }
    let sorted = magnitudes.sorted()
    func quartile(_ share: Double) -> Float { sorted[Int(share * Double(count - 1))] }
    let threshold = quartile(0.5) + 1.5 * (quartile(0.75) - quartile(0.25))
    let wrong = base.indices.count { i in
      guard abs(magnitudes[i] - threshold) > 1e-6 * threshold || count == 1 else { return false }
      return abs(result[i] - (magnitudes[i] >= threshold ? models[0][i] : base[i])) > 1e-6
    }
    #expect(wrong == 0)
  }

  @Test(arguments: [[1200, 900], [3, 70_001], [260, 4096], [20_000, 3], [9, 65_536], [30_000, 20]] as [Shape])
  func `fusion weighs rows by their divergence, however bands cut them`(shape: Shape) throws {
    let (count, length) = (shape.elementCount, shape.dimensions[1])
    var generator = SplitMix(state: 5)
    // Rows move by very different amounts, and some not at all; a few elements are far away.
    let base = (0..<count).map { _ in Float.random(in: -0.05...0.05, using: &generator) }
    let model = base.enumerated().map { i, value in
      let step = Float(i / length % 7) / 500 * Float.random(in: -1...1, using: &generator)
      return value + (i % 1009 == 8 && i / length % 7 > 0 ? 70 * step : step)
    }
    var importance: [Float] = []
    for row in 0..<shape.dimensions[0] {
      let range = row * length..<(row + 1) * length
      let (q, p) = (base[range].map { exp(Double($0)) }, model[range].map { exp(Double($0)) })
      let (sum, otherSum) = (q.reduce(0, +), p.reduce(0, +))
      var divergence = 0.0
      for place in p.indices {
        let (above, below) = (p[place] / otherSum + 1e-8, q[place] / sum + 1e-8)
        divergence += above * log(above / below) - above + below
      }
      importance += range.map { abs(model[$0] - base[$0]) * Float(max(0, divergence)) }
    }
    let sorted = importance.sorted()
    func quartile(_ share: Double) -> Float { sorted[Int(share * Double(count - 1))] }
    let threshold = quartile(0.5) + 1.5 * (quartile(0.75) - quartile(0.25))
    let fusion = try make("arcee_fusion", inputs: 2)
    let result = try InMemoryMerge(shape: shape, base: 1).run(fusion, [model, base])
    let wrong = base.indices.count { i in
      guard abs(importance[i] - threshold) > 1e-4 * threshold else { return false }
      return abs(result[i] - (importance[i] >= threshold ? model[i] : base[i])) > 1e-6
    }
    #expect(wrong == 0)
    #expect(try InMemoryMerge(shape: shape, base: 1, reversed: true, locals: 3).run(fusion, [model, base]) == result)
  }

  @Test func `sce without any difference, or without a share, is the base`() throws {
    let (base, models) = family(models: 2, count: 500)
    let none = try make("sce", ["select_topk": 0], inputs: 3)
    #expect(try InMemoryMerge(shape: [500], base: 2).run(none, models + [base]) == base)
    let half = try make("sce", ["select_topk": 0.5], inputs: 3)
    #expect(try InMemoryMerge(shape: [500], base: 2).run(half, [base, base, base]) == base)
  }

  private func make(
    _ name: String, _ global: [String: Double] = [:], each perModel: [String: Double] = [:], inputs: Int
  ) throws -> any MergeMethod {
    try #require(Catalog.method(named: name)).make(global, each: perModel, inputs: inputs)
  }
}
