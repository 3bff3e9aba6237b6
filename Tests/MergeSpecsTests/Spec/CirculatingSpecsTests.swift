import MergeSpecs
import Tensors
import Testing

/// The shapes of spec that people pass around, over small models in place of theirs.
@Suite struct CirculatingSpecsTests {
  @Test func `a frankenmerge written with anchors and merge keys`() throws {
    let plan = try SpecTesting.plan(
      """
      # all names and numbers in one place
      const_tag: &MODEL a
      model: &source
        model: *MODEL
      passes:
        - &quiet
          <<: *source
          parameters:
            scale:
              - filter: o_proj
                value: &SCALE 0.7071067812
              - filter: down_proj
                value: *SCALE
              - value: 1.0

      slices:
        - sources: [{<<: *source, layer_range: [0, 2]}]
        - sources: [{<<: *quiet, layer_range: [1, 3]}]
        - sources:
            - <<: *source
              layer_range: [2, 4]
      merge_method: passthrough
      dtype: bfloat16
      """.replacing("model: &source\n", with: "source: &source\n"),
      models: ["a": try SpecTesting.tiny(layers: 4, extra: (0..<4).map { Self.output($0) })])
    #expect(plan.layerCount == 6)
    let scales = (0..<6).map { plan.parameter("scale", of: "model.layers.\($0).self_attn.o_proj.weight", input: 0) }
    #expect(scales == [nil, nil, 0.7071067812, 0.7071067812, nil, nil])
    #expect(plan.models.map(\.reference) == ["a"])
  }

  private static func output(_ layer: Int) -> TensorDescription {
    TensorDescription(name: "model.layers.\(layer).self_attn.o_proj.weight", dtype: .bfloat16, shape: [4, 4])
  }

  @Test func `two models, slice by slice, with gradients for attention and MLP`() throws {
    let plan = try SpecTesting.plan(
      """
      slices:
        - sources:
            - model: a
              layer_range: [0, 2]
            - model: b
              layer_range: [0, 2]
      merge_method: slerp
      base_model: a
      parameters:
        t:
          - filter: self_attn
            value: [0, 0.5, 0.3, 0.7, 1]
          - filter: mlp
            value: [1, 0.5, 0.7, 0.3, 0]
          - value: 0.5 # fallback for rest of tensors
      dtype: bfloat16
      """)
    #expect(plan.parameter("t", of: "model.layers.1.self_attn.q_proj.weight") == 1)
    #expect(plan.parameter("t", of: "model.layers.1.mlp.up_proj.weight") == 0)
    #expect(plan.layerCount == nil)
  }

  @Test func `a merge of many with a base that is listed without parameters`() throws {
    let text = """
      models:
        - model: a
          # no parameters necessary for base model
        - model: b
          parameters:
            density: [1, 0.7, 0.1] # density gradient
            weight: 1.0
        - model: c
          parameters:
            density: 0.33
            weight:
              - filter: mlp
                value: 0.5
              - value: 0
      merge_method: ties
      base_model: a
      parameters:
        normalize: true
        int8_mask: true
      dtype: float16
      """
    #expect(try SpecTesting.messages(text) == [])
    let plan = try SpecTesting.plan(text)
    #expect(plan.parameter("density", of: "model.layers.0.mlp.up_proj.weight", input: 1) == 1)
    #expect(plan.parameter("density", of: "model.layers.1.mlp.up_proj.weight", input: 1) == 0.1)
    #expect(plan.parameter("weight", of: "model.norm.weight", input: 2) == 0)
  }

  @Test func `a slerp that carries weights of another method`() throws {
    let text = """
      models:
        - model: a
          parameters:
            weight: 0.5
        - model: b
          parameters:
            weight: 0.5
      merge_method: slerp
      base_model: a
      parameters: {t: 0.4}
      tokenizer_source: base
      """
    let messages = try SpecTesting.messages(text)
    #expect(
      messages.map { $0.split(separator: "\n")[0] } == [
        "spec.yml:4:7: warning: slerp has no parameter weight; it is ignored",
        "spec.yml:7:7: warning: slerp has no parameter weight; it is ignored",
      ])
    #expect(try SpecTesting.plan(text).parameter("t", of: "model.norm.weight") == 0.4)
  }

  @Test func `numbers as text, empty parameters, lines that end as on Windows`() throws {
    let text = """
      merge_method: linear
      models:
        - model: "a"
          parameters: {weight: '1e-5'}
        - model: 'b'
          parameters:
            weight: 1e-5
      parameters: {}
      dtype: 'torch.float32'
      """
    for text in [text, text.replacing("\n", with: "\r\n"), "\u{FEFF}" + text, "%YAML 1.1\n---\n" + text + "\n...\n"] {
      #expect(try SpecTesting.messages(text) == [])
      #expect(try SpecTesting.plan(text).parameter("weight", of: "model.norm.weight", input: 1) == 1e-5)
    }
  }
}
