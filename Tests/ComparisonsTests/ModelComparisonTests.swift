import BraidTesting
import Comparisons
import Documents
import Synchronization
import Tensors
import Testing

@Suite struct ModelComparisonTests {
  private static let resources = ComparisonResources(threads: 2, memory: 1 << 26)

  private func compare(
    _ a: any TensorSource, _ b: any TensorSource, base: (any TensorSource)? = nil,
    resources: ComparisonResources = resources
  ) throws -> ModelComparison {
    try ModelPair(
      ComparedModel(name: "a", weights: a), ComparedModel(name: "b", weights: b),
      base: base.map { ComparedModel(name: "base", weights: $0) }, resources: resources
    ).compare()
  }

  private func noise(_ count: Int, seed: UInt64, scale: Float = 1) -> [Float] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in Float.random(in: -scale...scale, using: &generator) }
  }

  private func source(_ values: [Float], _ shape: Shape? = nil, name: String = "t") -> MemorySource {
    MemorySource(floats: [(name, shape ?? [values.count], values)])
  }

  private func family(_ name: String) throws -> any TensorSource { try Fixture.weights("families/a/\(name)") }

  @Test func `differences of real models are what numpy computes`() throws {
    let golden = try Numbers.golden()
    let comparison = try compare(family("expert-sums"), family("expert-sort"), base: family("base"))
    #expect(comparison.tensors.count == 39)
    for member in golden["differences"]?.object ?? [] {
      let tensor = try #require(comparison.tensors.first { $0.name == member.key })
      let vectors = try #require(tensor.taskVectors)
      let expected = member.node
      let figures: [(String, Double?)] = [
        ("relative_distance", tensor.difference.relativeDistance), ("cosine", tensor.difference.cosine),
        ("changed", tensor.difference.changedShare), ("largest", tensor.difference.largest),
        ("ratio_a", vectors.ratioOfFirst), ("ratio_b", vectors.ratioOfSecond), ("task_cosine", vectors.cosine),
        ("conflict", vectors.conflict), ("overlap", vectors.overlap), ("large_a", vectors.largeShareOfFirst),
        ("large_b", vectors.largeShareOfSecond),
      ]
      for (key, value) in figures { try Numbers.expectClose(value, expected[key], within: 1e-9) }
      guard expected["stable_rank_a"] != nil else {
        #expect(tensor.ranks == nil)
        continue
      }
      // The iteration stops while it still grows by a thousandth or less.
      try Numbers.expectClose(tensor.ranks?.first, expected["stable_rank_a"], within: 0.003)
      try Numbers.expectClose(tensor.ranks?.second, expected["stable_rank_b"], within: 0.003)
    }
  }

  @Test func `a model does not differ from itself`() throws {
    let comparison = try compare(family("base"), family("base"), base: family("base"))
    for tensor in comparison.tensors {
      #expect(tensor.difference.relativeDistance == 0 && tensor.difference.largest == 0)
      #expect(tensor.difference.changedShare == 0 && tensor.difference.cosine == 1)
      #expect(tensor.taskVectors?.conflict == nil && tensor.taskVectors?.cosine == nil)
      #expect(tensor.ranks?.first == nil)
    }
    #expect(comparison.total.difference.cosine == 1)
    #expect(comparison.mostDifferent(5).isEmpty)
  }

  @Test func `what is symmetric stays the same when the models change places`() throws {
    let (a, b, base) = (noise(5000, seed: 1), noise(5000, seed: 2), noise(5000, seed: 3))
    let there = try compare(source(a), source(b), base: source(base)).tensors[0]
    let back = try compare(source(b), source(a), base: source(base)).tensors[0]
    #expect(there.difference.cosine == back.difference.cosine)
    #expect(there.difference.distance == back.difference.distance)
    #expect(there.difference.changedShare == back.difference.changedShare)
    #expect(there.taskVectors?.conflict == back.taskVectors?.conflict)
    #expect(there.taskVectors?.overlap == back.taskVectors?.overlap)
    #expect(there.taskVectors?.cosine == back.taskVectors?.cosine)
    #expect(there.taskVectors?.normOfFirst == back.taskVectors?.normOfSecond)
  }

  @Test func `scaling all models changes distances alone`() throws {
    let (a, b, base) = (noise(5000, seed: 1), noise(5000, seed: 2), noise(5000, seed: 3))
    let plain = try compare(source(a), source(b), base: source(base)).tensors[0]
    let scaled = try compare(
      source(a.map { $0 * 4 }), source(b.map { $0 * 4 }), base: source(base.map { $0 * 4 })
    ).tensors[0]
    #expect(scaled.difference.distance == 4 * plain.difference.distance)
    #expect(scaled.difference.largest == 4 * plain.difference.largest)
    #expect(scaled.difference.relativeDistance == plain.difference.relativeDistance)
    #expect(scaled.difference.cosine == plain.difference.cosine)
    #expect(scaled.taskVectors?.conflict == plain.taskVectors?.conflict)
    #expect(scaled.taskVectors?.overlap == plain.taskVectors?.overlap)
  }

  @Test func `conflict and overlap have the values that their definitions promise`() throws {
    let x = noise(40_000, seed: 7)
    let zero = source(x.map { _ in 0 })
    let opposite = try #require(try compare(source(x), source(x.map { -$0 }), base: zero).tensors[0].taskVectors)
    #expect(opposite.conflict == 1 && opposite.overlap == 1 && opposite.cosine == -1)
    let equal = try #require(try compare(source(x), source(x), base: zero).tensors[0].taskVectors)
    #expect(equal.conflict == 0 && equal.overlap == 1 && equal.cosine == 1)
    let halves = x.indices.map { $0 % 2 == 0 ? x[$0] : 0 }
    let others = x.indices.map { $0 % 2 == 1 ? x[$0] : 0 }
    let disjoint = try #require(try compare(source(halves), source(others), base: zero).tensors[0].taskVectors)
    #expect(disjoint.conflict == nil && disjoint.overlap == 0 && disjoint.cosine == 0)
    let unrelated = try #require(
      try compare(source(x), source(noise(40_000, seed: 8)), base: zero).tensors[0].taskVectors)
    #expect(abs((unrelated.conflict ?? 0) - 0.5) < 0.02)
  }

  @Test func `stable ranks of known matrices are found`() throws {
    let (rows, columns) = (70, 1100)
    let (u, v) = (noise(rows, seed: 1), noise(columns, seed: 2))
    let outer = (0..<rows * columns).map { u[$0 / columns] * v[$0 % columns] }
    let identity = (0..<rows * columns).map { $0 / columns == $0 % columns ? Float(2) : 0 }
    let zero = source(outer.map { _ in 0 }, [rows, columns])
    let ranks = try #require(
      try compare(source(outer, [rows, columns]), source(identity, [rows, columns]), base: zero).tensors[0].ranks)
    #expect(abs((ranks.first ?? 0) - 1) < 1e-3)
    #expect(abs((ranks.second ?? 0) - 70) < 1e-3)
    #expect(ranks.greatest == 70)
  }

  @Test func `a matrix that does not fit into the budget is left out and said to be`() throws {
    let (a, b) = (noise(512 * 1024, seed: 1), noise(512 * 1024, seed: 2))
    let shape: Shape = [512, 1024]
    let tensor = try compare(
      source(a, shape), source(b, shape), base: source(a.map { $0 / 2 }, shape),
      resources: ComparisonResources(threads: 1, memory: 1 << 20)
    ).tensors[0]
    #expect(tensor.ranks == nil && tensor.isTooLargeToRank)
  }

  @Test func `what is not finite is counted and left out`() throws {
    let tensor = try compare(
      source([1, .nan, 3, 4]), source([1, 2, .infinity, 5]), base: source([0, 0, 0, 0])
    ).tensors[0]
    #expect(tensor.difference.notFinite == 2)
    #expect(tensor.difference.changedShare == 0.5 && tensor.difference.largest == 1)
    #expect(tensor.difference.relativeDistance == (1.0 / 17).squareRoot())
    #expect(tensor.taskVectors?.normOfFirst == 17.0.squareRoot())
    #expect(try compare(source([.nan]), source([.nan])).notFinite.count == 1)
  }

  @Test func `threads and budget change no bit`() throws {
    let count = 1500 * 1500
    let shape: Shape = [1500, 1500]
    let (a, b, base) = (noise(count, seed: 1), noise(count, seed: 2), noise(count, seed: 3))
    var expected: String?
    for threads in [1, 2, 5] {
      for memory in [1 << 27, 1 << 30] {
        let json = try compare(
          source(a, shape), source(b, shape), base: source(base, shape),
          resources: ComparisonResources(threads: threads, memory: memory)
        ).json.line
        #expect(json == expected ?? json)
        expected = json
      }
    }
    #expect(expected?.contains("\"stable_rank_a\": null") == false)
  }

  @Test func `tensors that cannot be compared are listed`() throws {
    let a = MemorySource(floats: [("same", [1], [1]), ("gone", [1], [1]), ("grown", [2], [1, 2])])
    let b = MemorySource([
      (TensorDescription(name: "same", dtype: .bfloat16, shape: [1]), [0x80, 0x3f]),
      (TensorDescription(name: "new", dtype: .uint8, shape: [1]), [1]),
      (TensorDescription(name: "grown", dtype: .uint8, shape: [3]), [1, 2, 3]),
    ])
    let comparison = try compare(a, b, base: MemorySource([]))
    #expect(comparison.tensors.map(\.name) == ["same"])
    #expect(comparison.retyped.map(\.name) == ["same"] && comparison.total.difference.changedShare == 0)
    #expect(comparison.onlyInFirst.map(\.name) == ["gone"] && comparison.onlyInSecond.map(\.name) == ["new"])
    #expect(comparison.reshaped.map(\.first.name) == ["grown"])
    #expect(comparison.withoutBase.map(\.name) == ["same"] && comparison.total.taskVectors == nil)
  }

  @Test func `layers and roles come from the names`() throws {
    let names = [
      "model.embed_tokens.weight", "model.layers.10.self_attn.q_proj.weight", "model.layers.2.self_attn.q_proj.weight",
      "model.layers.2.self_attn.q_proj.bias", "model.layers.2.mlp.experts.0.up.weight",
      "model.layers.2.mlp.experts.1.up.weight", "model.layers.2.attn.c_proj.weight", "model.layers.2.mlp.c_proj.weight",
    ]
    let source = MemorySource(floats: names.map { ($0, [1], [1]) })
    let comparison = try compare(source, source)
    #expect(
      comparison.roles.map(\.role) == ["q_proj", "q_proj.bias", "up", "attn.c_proj", "mlp.c_proj", "embed_tokens"])
    #expect(comparison.layers.map(\.layer.number) == [2, 10, nil])
    #expect(comparison.layers.map(\.layer.stack) == ["model.layers", "model.layers", nil])
    #expect(comparison.roles.first { $0.role == "up" }?.group.count == 2)
  }

  @Test func `progress adds up to the workload`() throws {
    let counter = Counter()
    let pair = ModelPair(
      ComparedModel(name: "a", weights: try family("expert-sums")),
      ComparedModel(name: "b", weights: try family("expert-sort")),
      base: ComparedModel(name: "c", weights: try family("base")), resources: Self.resources)
    _ = try pair.compare { counter.add($0) }
    #expect(counter.total == pair.workload)
  }
}

/// Counts from any thread.
private final class Counter: Sendable {
  private let count = Mutex(0)
  func add(_ amount: Int) { count.withLock { $0 += amount } }
  var total: Int { count.withLock { $0 } }
}
