import BraidTesting
import MergeSpecs
import Tensors
import Testing

/// Slices with merge methods of their own, and models that stand in a slice more than once.
@Suite struct SliceMethodTests {
  private let up = (0..<4).map { "model.layers.\($0).mlp.up_proj.weight" }

  private func method(_ plan: MergePlan, _ tensor: String) -> String? {
    guard case .merge(let name, _, _) = plan.step(tensor)?.operation else { return nil }
    return name
  }

  private let mixed = """
    base_model: a
    parameters: {t: 0.25, weight: 0.5}
    slices:
      - merge_method: slerp
        sources: [{model: a, layer_range: [0, 1]}, {model: b, layer_range: [0, 1]}]
      - merge_method: passthrough
        sources: [{model: b, layer_range: [0, 1], parameters: {scale: 2}}]
      - merge_method: linear
        parameters: {normalize: false}
        sources: [{model: a, layer_range: [1, 2]}, {model: c, layer_range: [1, 2], parameters: {weight: 3}}]
    """

  @Test func `every slice has its method; the embedding goes with the first, norm and head with the last`() throws {
    let plan = try SpecTesting.plan(mixed)
    #expect(up.prefix(3).map { method(plan, $0) } == ["slerp", "passthrough", "linear"])
    #expect(method(plan, "model.embed_tokens.weight") == "slerp")
    #expect(method(plan, "model.norm.weight") == "linear")
    #expect(method(plan, "lm_head.weight") == "linear")
    // Parameters of the spec hold for the slices whose method knows them.
    #expect(plan.parameter("t", of: up[0]) == 0.25)
    #expect(plan.parameter("weight", of: up[2], input: 0) == 0.5)
    #expect(plan.parameter("weight", of: up[2], input: 1) == 3)
    #expect(plan.parameter("normalize", of: up[2]) == 0)
    #expect(plan.parameter("scale", of: up[1], input: 0) == 2)
    #expect(plan.step(up[0])?.base == 0)
    #expect(plan.step(up[2])?.base == nil)
    #expect(plan.methodName == "slerp, passthrough, linear")
    #expect(try SpecTesting.messages(mixed) == [])
  }

  @Test func `a slice without a method has the spec's`() throws {
    let plan = try SpecTesting.plan(
      "merge_method: slerp\n" + mixed.replacing("  - merge_method: slerp\n  ", with: "  -"))
    #expect(up.prefix(3).map { method(plan, $0) } == ["slerp", "passthrough", "linear"])
  }

  @Test func `the seed goes to the slices that draw at random`() throws {
    let plan = try SpecTesting.plan(
      """
      base_model: a
      seed: 9
      parameters: {weight: 1, density: 0.5}
      slices:
        - merge_method: ties
          sources: [{model: a, layer_range: [0, 1]}, {model: b, layer_range: [0, 1]}]
        - merge_method: dare_ties
          sources: [{model: a, layer_range: [1, 2]}, {model: b, layer_range: [1, 2]}]
      """)
    #expect(plan.step(up[0])?.seed == nil)
    #expect(plan.step(up[1])?.seed == 9)
  }

  @Test func `a plan of several methods reads as it did`() throws {
    let plan = try SpecTesting.plan(mixed)
    try Golden.expect(plan.text() + "\n" + plan.json(), at: "methods-of-slices.txt")
  }

  @Test func `a model that stands in a slice twice counts twice, each time with its own parameters`() throws {
    let plan = try SpecTesting.plan(
      """
      merge_method: ties
      base_model: a
      models:
        - {model: b, parameters: {weight: 1, density: 0.5}}
        - {model: a}
        - {model: b, parameters: {weight: 0.25}}
        - {model: a, parameters: {weight: 2}}
      """)
    let step = try #require(plan.step(up[0]))
    #expect(step.inputs.map(\.model) == [1, 0, 1, 0])
    // The first mention of the base is the base; the second is one more model.
    #expect(step.base == 1)
    #expect((0..<4).map { plan.parameter("weight", of: up[0], input: $0) } == [1, nil, 0.25, 2])
    #expect((0..<4).map { plan.parameter("density", of: up[0], input: $0) } == [0.5, nil, nil, nil])
    #expect(plan.models.map(\.reference) == ["a", "b"])
  }
}
