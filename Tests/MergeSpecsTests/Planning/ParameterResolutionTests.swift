import MergeSpecs
import Tensors
import Testing

@Suite struct ParameterResolutionTests {
  @Test func `the nearest level that gives a value counts`() throws {
    let plan = try SpecTesting.plan(
      """
      merge_method: linear
      parameters: {weight: 3}
      slices:
        - parameters: {weight: 2}
          sources:
            - {model: a, layer_range: [0, 1], parameters: {weight: 1}}
            - {model: b, layer_range: [0, 1]}
        - sources:
            - {model: a, layer_range: [1, 2], parameters: {weight: 1}}
            - {model: b, layer_range: [1, 2]}
      """)
    let (first, second) = ("model.layers.0.mlp.up_proj.weight", "model.layers.1.mlp.up_proj.weight")
    #expect(plan.parameter("weight", of: first, input: 0) == 1)
    #expect(plan.parameter("weight", of: first, input: 1) == 2)
    #expect(plan.parameter("weight", of: second, input: 0) == 1)
    #expect(plan.parameter("weight", of: second, input: 1) == 3)
    // The embedding goes with the first slice, norm and head with the last.
    #expect(plan.parameter("weight", of: "model.embed_tokens.weight", input: 1) == 2)
    #expect(plan.parameter("weight", of: "model.norm.weight", input: 1) == 3)
    #expect(plan.parameter("weight", of: "lm_head.weight", input: 1) == 3)
  }

  @Test func `a level whose filters do not match leaves the choice to the next`() throws {
    let plan = try SpecTesting.plan(
      """
      merge_method: linear
      parameters:
        weight:
          - {filter: norm, value: 5}
          - 0.25
      models:
        - model: a
          parameters:
            weight:
              - {filter: mlp, value: 1}
              - {filter: up_proj, value: 2}
        - {model: b, parameters: {weight: "1e-2"}}
      """.replacing("- 0.25", with: "- value: 0.25"))
    #expect(plan.parameter("weight", of: "model.layers.0.mlp.up_proj.weight", input: 0) == 1)
    #expect(plan.parameter("weight", of: "model.layers.0.input_layernorm.weight", input: 0) == 5)
    #expect(plan.parameter("weight", of: "model.layers.0.self_attn.q_proj.weight", input: 0) == 0.25)
    #expect(plan.parameter("weight", of: "model.layers.0.self_attn.q_proj.weight", input: 1) == 0.01)
  }

  @Test func `filters see input names for each model and output names for the whole`() throws {
    let plan = try SpecTesting.plan(
      """
      merge_method: nuslerp
      parameters:
        nuslerp_flatten:
          - {filter: layers.0, value: false}
          - value: true
      slices:
        - sources:
            - model: a
              layer_range: [1, 2]
              parameters: {weight: [{filter: layers.1, value: 0.1}, {value: 0.7}]}
            - model: b
              layer_range: [0, 1]
              parameters: {weight: [{filter: layers.1, value: 0.2}, {value: 0.6}]}
      """)
    let name = "model.layers.0.mlp.up_proj.weight"
    #expect(plan.step(name)?.inputs.map(\.tensor.name) == ["model.layers.1.mlp.up_proj.weight", name])
    #expect(plan.parameter("nuslerp_flatten", of: name) == 0)
    #expect(plan.parameter("nuslerp_flatten", of: "model.norm.weight") == 1)
    #expect(plan.parameter("weight", of: name, input: 0) == 0.1)
    #expect(plan.parameter("weight", of: name, input: 1) == 0.6)
  }

  @Test func `gradients run over each slice anew and stand at their beginning outside of the layers`() throws {
    let plan = try SpecTesting.plan(
      """
      merge_method: slerp
      base_model: a
      parameters: {t: [0, 0.5, 1]}
      slices:
        - sources: [{model: a, layer_range: [0, 3]}, {model: b, layer_range: [0, 3]}]
        - sources: [{model: a, layer_range: [3, 5]}, {model: b, layer_range: [3, 5]}]
        - sources: [{model: a, layer_range: [5, 6]}, {model: b, layer_range: [5, 6]}]
      """,
      models: ["a": try SpecTesting.tiny(layers: 6), "b": try SpecTesting.tiny(layers: 6)])
    let values = (0..<6).map { plan.parameter("t", of: "model.layers.\($0).mlp.up_proj.weight") }
    #expect(values == [0, 0.5, 1, 0, 1, 1])
    for name in ["model.embed_tokens.weight", "model.norm.weight", "lm_head.weight"] {
      #expect(plan.parameter("t", of: name) == 0)
    }
  }

  @Test func `truth values are numbers and numbers truth values`() throws {
    let plan = try SpecTesting.plan(
      """
      merge_method: linear
      parameters: {normalize: 0}
      models:
        - {model: a, parameters: {weight: true}}
        - {model: b, parameters: {weight: no}}
        - {model: c, parameters: {weight: {value: .5, filter: "*"}}}
      """)
    #expect(plan.parameter("normalize", of: "model.norm.weight") == 0)
    #expect((0..<3).map { plan.parameter("weight", of: "model.norm.weight", input: $0) } == [1, 0, 0.5])
  }

  @Test func `the base of a method that needs one has no parameters of its own`() throws {
    let plan = try SpecTesting.plan(
      """
      merge_method: ties
      base_model: a
      parameters: {weight: 0.5, density: 0.25}
      models: [{model: b}, {model: a}, {model: c}]
      """)
    let step = try #require(plan.step("model.norm.weight"))
    #expect(step.base == 1)
    #expect(step.inputs.map(\.model) == [1, 0, 2])
    #expect(plan.parameter("weight", of: "model.norm.weight", input: 0) == 0.5)
    #expect(plan.parameter("weight", of: "model.norm.weight", input: 1) == nil)
  }

  @Test func `the same model may be merged with itself`() throws {
    let plan = try SpecTesting.plan(
      """
      merge_method: linear
      slices:
        - sources:
            - {model: a, layer_range: [0, 1], parameters: {weight: 1}}
            - {model: a, layer_range: [1, 2], parameters: {weight: 3}}
      """)
    let step = try #require(plan.step("model.layers.0.mlp.up_proj.weight"))
    #expect(step.inputs.map(\.model) == [0, 0])
    #expect(plan.parameter("weight", of: step.output.name, input: 1) == 3)
  }
}
