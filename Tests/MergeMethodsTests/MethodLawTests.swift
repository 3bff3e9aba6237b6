import MergeMethods
import Tensors
import Testing

/// Laws in the form in which they hold for methods whose cards do not claim them outright, so that every method of the
/// catalogue is held to idempotence, symmetry, end points and scale.
@Suite struct MethodLawTests {
  private static let count = 2 * Streaming.blockElements + 311

  private func run(
    _ name: String, _ inputs: [[Float]], base: Int?, global: [String: Double] = [:], each: [[String: Double]]
  ) throws -> [Float] {
    let description = try #require(Catalog.method(named: name))
    let known = { (scope: ParameterDescription.Scope) in
      Set(description.parameters.filter { $0.scope == scope }.map(\.name))
    }
    let (globals, perModel) = (known(.global), known(.perModel))
    let method = try description.make(
      ResolvedParameters(
        global: global.filter { globals.contains($0.key) },
        perInput: each.enumerated().map { index, values in
          index == base ? [:] : values.filter { perModel.contains($0.key) }
        }))
    return try InMemoryMerge(shape: [inputs[0].count / 7, 7], base: base).run(method, inputs)
  }

  private func models(_ count: Int) -> (base: [Float], models: [[Float]]) {
    let (base, models) = family(models: count, count: Self.count / 7 * 7)
    return (base, models)
  }

  private func far(_ a: [Float], _ b: [Float], _ tolerance: Float = 1e-6) -> Int {
    zip(a, b).count { abs($0 - $1) > tolerance }
  }

  // MARK: Idempotence

  @Test(arguments: Catalog.methods.map(\.name)) func `inputs that are all equal give back what they are`(
    name: String
  ) throws {
    let method = try #require(Catalog.method(named: name))
    let (model, _) = models(1)
    let count = min(3, method.inputs.upperBound)
    let result = try run(
      name, Array(repeating: model, count: count), base: method.base == .unused ? nil : count - 1, global: ["t": 0.4],
      each: Array(repeating: ["weight": 1, "density": 0.6], count: count))
    #expect(far(model, result) == 0)
  }

  // MARK: Zero norms

  @Test(arguments: Catalog.methods.map(\.name), [0, 1]) func `a model of zeros has no direction, and spoils nothing`(
    name: String, place: Int
  ) throws {
    let method = try #require(Catalog.method(named: name))
    let (base, others) = models(2)
    let count = min(3, method.inputs.upperBound)
    guard place < count else { return }
    var inputs = Array((others + [base]).suffix(count))
    inputs[place == 0 ? 0 : count - 1] = base.map { _ in 0 }
    let result = try run(
      name, inputs, base: method.base == .unused ? nil : count - 1, global: ["t": 0.4],
      each: Array(repeating: ["weight": 0.5, "density": 0.6], count: count))
    // Sums of two models, and corrections to them, stay within a few times the largest element.
    #expect(result.allSatisfy { abs($0) <= 8 })
    let zeros = inputs.map { $0.map { _ in Float(0) } }
    let none = try run(
      name, zeros, base: method.base == .unused ? nil : count - 1, global: ["t": 0.4],
      each: Array(repeating: ["weight": 0.5, "density": 0.6], count: count))
    #expect(none.allSatisfy { $0 == 0 })
  }

  // MARK: Symmetry

  @Test(arguments: ["slerp", "nuslerp"]) func `two models may change places if their shares do`(name: String) throws {
    let (_, both) = models(2)
    let base = name == "slerp" ? 0 : nil
    let first = try run(name, both, base: base, global: ["t": 0.3], each: [["weight": 0.7], ["weight": 0.3]])
    let second = try run(
      name, both.reversed(), base: base, global: ["t": 0.7], each: [["weight": 0.3], ["weight": 0.7]])
    #expect(far(first, second) == 0)
  }

  @Test(arguments: ["dare_linear", "dare_ties", "della", "della_linear"])
  func `methods that draw at random are symmetric where nothing is drawn`(name: String) throws {
    let (base, others) = models(3)
    let weights = [0.5, 1, 1.5]
    func merged(_ order: [Int]) throws -> [Float] {
      try run(name, order.map { others[$0] } + [base], base: 3, each: order.map { ["weight": weights[$0]] } + [[:]])
    }
    // A sum within rounding of zero may elect the other sign.
    #expect(far(try merged([0, 1, 2]), try merged([2, 0, 1])) <= 3)
  }

  // MARK: End points

  /// What adds to a base gives back a single model, if all of its difference counts.
  private static let adding = Catalog.methods.filter {
    $0.base == .required && $0.inputs.contains(2) && !["slerp", "nearswap", "arcee_fusion"].contains($0.name)
  }.map(\.name)

  @Test(arguments: adding) func `a single model in full is given back`(name: String) throws {
    let (base, others) = models(1)
    let result = try run(
      name, [others[0], base], base: 1, global: ["normalize": 0, "epsilon": 0, "k": 0],
      each: [["weight": 1, "density": 1], [:]])
    #expect(far(others[0], result, 2e-6) == 0)
  }

  @Test func `methods with another way to their ends are known`() {
    // SLERP and near swap are held to their ends by `t`, model stock and fusion below.
    let others = Catalog.methods.filter { $0.base == .required && !Self.adding.contains($0.name) }.map(\.name)
    #expect(others == ["arcee_fusion", "model_stock", "nearswap", "slerp"])
    let claimed = Catalog.methods.filter { $0.base != .required && !$0.laws.contains(.endPoints) }.map(\.name)
    #expect(claimed == ["karcher", "passthrough"])
  }

  @Test func `two models that agree are where model stock ends, and a single one where the Karcher mean does`() throws {
    let (base, others) = models(1)
    let stock = try run(
      "model_stock", [others[0], others[0], base], base: 2, each: Array(repeating: [:], count: 3))
    #expect(far(others[0], stock, 2e-6) == 0)
    #expect(far(others[0], try run("karcher", [others[0]], base: nil, each: [[:]])) == 0)
    #expect(try run("passthrough", [others[0]], base: nil, each: [[:]]) == others[0])
  }

  @Test func `every element of a fusion is one of the two models'`() throws {
    let (base, others) = models(1)
    let result = try run("arcee_fusion", [others[0], base], base: 1, each: [[:], [:]])
    var taken = 0
    for (index, value) in result.enumerated() {
      let isNew = abs(value - others[0][index]) <= 1e-6
      #expect(isNew || value == base[index])
      if isNew, value != base[index] { taken += 1 }
    }
    #expect(taken > 0 && taken < result.count / 2)
  }

  // MARK: Scale

  @Test(arguments: [("nearswap", "t", 0.05), ("ram", "epsilon", 0.02), ("ramplus_tl", "epsilon", 0.02)])
  func `a threshold scaled with the models scales the result`(name: String, threshold: String, value: Double) throws {
    let method = try #require(Catalog.method(named: name))
    let (base, others) = models(min(2, method.inputs.upperBound - 1))
    let inputs = others + [base]
    let each = Array(repeating: [String: Double](), count: inputs.count)
    let once = try run(name, inputs, base: inputs.count - 1, global: [threshold: value], each: each)
    let scaled = try run(
      name, inputs.map { $0.map { $0 * 8 } }, base: inputs.count - 1, global: [threshold: value * 8], each: each)
    #expect(far(once.map { $0 * 8 }, scaled, 2e-5) == 0)
  }

  @Test func `sce scales where the differences are large enough to be weighed`() throws {
    let (base, others) = models(3)
    let inputs = others + [base]
    let each = Array(repeating: [String: Double](), count: 4)
    let once = try run("sce", inputs, base: 3, global: ["select_topk": 0.4], each: each)
    let scaled = try run("sce", inputs.map { $0.map { $0 * 8 } }, base: 3, global: ["select_topk": 0.4], each: each)
    #expect(far(once.map { $0 * 8 }, scaled, 2e-5) == 0)
  }

  @Test func `methods that scale in a way of their own are known`() {
    let others = Catalog.methods.filter { !$0.laws.contains(.homogeneous) }.map(\.name)
    // Fusion goes by a divergence of softmaxes, which no factor leaves as it is.
    #expect(others == ["arcee_fusion", "nearswap", "ram", "ramplus_tl", "sce"])
  }
}
