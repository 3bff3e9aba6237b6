import BraidTesting
import Documents
import MergeSpecs
import Tensors
import Testing

/// The shapes of spec that documentation and model hubs show, written anew over small models, with recorded plans.
@Suite struct SpecShapesTests {
  struct Shape: CustomTestStringConvertible, Sendable {
    var name: String
    var spec: String
    var layers = 4

    var testDescription: String { name }
  }

  static let shapes: [Shape] = [
    Shape(
      name: "linear-soup",
      spec: """
        models:
          - model: a
            parameters: {weight: 1.0}
          - model: b
            parameters: {weight: 0.3}
          - model: c
            parameters: {weight: 0.5}
        merge_method: linear
        parameters: {normalize: true}
        dtype: float16
        """),
    Shape(
      name: "slerp-gradients-by-role",
      spec: """
        slices:
          - sources:
              - {model: a, layer_range: [0, 4]}
              - {model: b, layer_range: [0, 4]}
        merge_method: slerp
        base_model: a
        parameters:
          t:
            - {filter: self_attn, value: [0, 0.5, 0.3, 0.7, 1]}
            - {filter: mlp, value: [1, 0.5, 0.7, 0.3, 0]}
            - value: 0.5
        dtype: bfloat16
        """),
    Shape(
      name: "slerp-v-shape",
      spec: """
        models: [{model: a}, {model: b}]
        merge_method: slerp
        base_model: a
        dtype: bfloat16
        parameters: {t: [0, 0.5, 1, 0.5, 0]}
        """),
    Shape(
      name: "ties-densities",
      spec: """
        models:
          - model: a
          - model: b
            parameters: {density: [1, 0.7, 0.1], weight: 1.0}
          - model: c
            parameters:
              density: 0.33
              weight:
                - {filter: mlp, value: 0.5}
                - value: 0
        merge_method: ties
        base_model: a
        parameters: {normalize: true, int8_mask: true}
        dtype: float16
        """),
    Shape(
      name: "dare-ties",
      spec: """
        models:
          - model: a
          - model: b
            parameters: {density: 0.53, weight: 0.4}
          - model: c
            parameters: {density: 0.53, weight: 0.3}
          - model: d
            parameters: {density: 0.53, weight: 0.3}
        merge_method: dare_ties
        base_model: a
        parameters: {int8_mask: true}
        dtype: bfloat16
        """),
    Shape(
      name: "dare-linear-gradients",
      spec: """
        models:
          - model: b
            parameters:
              weight:
                - {filter: v_proj, value: [0.2, 0.8]}
                - {filter: q_proj, value: [0.8, 0.2]}
                - {value: 0.5}
              density: [0.2, 0.9]
          - model: c
            parameters: {weight: 0.5, density: 0.5}
        merge_method: dare_linear
        base_model: a
        seed: 42
        """),
    Shape(
      name: "task-vector-subtracted",
      spec: """
        merge_method: task_arithmetic
        base_model: a
        models:
          - {model: b, parameters: {weight: -0.6}}
          - {model: c, parameters: {weight: 1}}
        parameters: {lambda: 0.9}
        """),
    Shape(
      name: "frankenmerge-overlapping",
      spec: """
        slices:
          - sources:
              - {model: a, layer_range: [0, 3]}
          - sources:
              - {model: b, layer_range: [1, 4]}
          - sources:
              - {model: a, layer_range: [2, 4]}
        merge_method: passthrough
        dtype: bfloat16
        """),
    Shape(
      name: "self-merge",
      spec: """
        slices:
          - sources: [{model: a, layer_range: [0, 2]}]
          - sources: [{model: a, layer_range: [1, 3]}]
          - sources: [{model: a, layer_range: [2, 4]}]
        merge_method: passthrough
        dtype: bfloat16
        """),
    Shape(
      name: "self-merge-scaled",
      spec: """
        const: &quiet
          scale:
            - {filter: up_proj, value: 0.0}
            - {filter: q_proj, value: 0.0}
            - value: 1.0
        slices:
          - sources: [{model: a, layer_range: [0, 2]}]
          - sources: [{model: a, layer_range: [1, 2], parameters: *quiet}]
          - sources: [{model: a, layer_range: [2, 4]}]
          - sources: [{model: a, layer_range: [3, 4], parameters: *quiet}]
        merge_method: passthrough
        """),
    Shape(
      name: "anchors-and-merge-keys",
      spec: """
        _source: &source
          model: a
          parameters: &half {weight: 0.5}
        _other: &other
          <<: *source
          model: b
        merge_method: linear
        slices:
          - sources:
              - {<<: *source, layer_range: [0, 2]}
              - {<<: *other, layer_range: [0, 2]}
          - sources:
              - {<<: *source, layer_range: [2, 4], parameters: {<<: *half}}
              - <<: *other
                layer_range: [1, 3]
                parameters: {weight: [0, 1]}
        """),
    Shape(
      name: "blended-seam",
      spec: """
        merge_method: linear
        slices:
          - sources:
              - {model: a, layer_range: [0, 1], parameters: {weight: 1}}
              - {model: a, layer_range: [0, 1], parameters: {weight: 0}}
          - sources:
              - {model: a, layer_range: [1, 3], parameters: {weight: [1, 0]}}
              - {model: b, layer_range: [0, 2], parameters: {weight: [0, 1]}}
          - sources:
              - {model: b, layer_range: [2, 4], parameters: {weight: 1}}
        """),
    Shape(
      name: "model-stock",
      spec: """
        models:
          - model: b
          - model: c
          - model: d
        base_model: a
        merge_method: model_stock
        dtype: bfloat16
        """),
    Shape(
      name: "nuslerp-rows",
      spec: """
        models:
          - {model: b, parameters: {weight: 0.4}}
          - {model: c, parameters: {weight: 0.6}}
        base_model: a
        merge_method: nuslerp
        parameters: {nuslerp_flatten: false, nuslerp_row_wise: true}
        dtype: float32
        out_dtype: bfloat16
        """),
    Shape(
      name: "breadcrumbs-and-della-by-slice",
      spec: """
        base_model: a
        seed: 3
        parameters: {weight: 0.5, density: 0.7}
        slices:
          - merge_method: breadcrumbs_ties
            parameters: {gamma: 0.01}
            sources:
              - {model: a, layer_range: [0, 2]}
              - {model: b, layer_range: [0, 2]}
              - {model: c, layer_range: [0, 2]}
          - merge_method: della
            parameters: {epsilon: 0.1}
            sources:
              - {model: a, layer_range: [2, 4]}
              - {model: b, layer_range: [2, 4]}
        """),
    Shape(
      name: "norms-in-float32",
      spec: """
        merge_method: slerp
        base_model: a
        models: [{model: a}, {model: b}]
        parameters:
          t:
            - {filter: '/layers\\.[0-1]\\./', value: 0.2}
            - {filter: '/layers\\..*(mlp|norm)/', value: 0.8}
            - {value: 0.5}
        dtype: float32
        out_dtype:
          - {filter: norm, value: float32}
          - {value: bfloat16}
        """),
    Shape(
      name: "karcher-of-many",
      spec: """
        models: [{model: a}, {model: b}, {model: c}, {model: d}]
        merge_method: karcher
        parameters: {max_iter: 50, tol: 1e-6}
        dtype: bfloat16
        tokenizer_source: a
        """),
    Shape(
      name: "sce-top",
      spec: """
        models: [{model: b}, {model: c}]
        merge_method: sce
        base_model: a
        parameters: {select_topk: 0.1}
        """),
    Shape(
      name: "arcee-fusion",
      spec: """
        models: [{model: a}, {model: b}]
        merge_method: arcee_fusion
        base_model: a
        dtype: float16
        """),
    Shape(
      name: "multislerp-weights",
      spec: """
        models:
          - {model: b, parameters: {weight: [0.2, 0.5]}}
          - {model: c, parameters: {weight: 0.3}}
          - {model: d, parameters: {weight: 0.5}}
        merge_method: multislerp
        base_model: a
        parameters: {normalize_weights: false, eps: 1e-6}
        """),
    Shape(
      name: "vocabularies-apart",
      spec: """
        models:
          - {model: b, parameters: {weight: 1, density: 0.6, epsilon: 0.05}}
          - {model: c, parameters: {weight: 0.5, density: 0.6}}
        merge_method: della_linear
        base_model: a
        parameters: {lambda: 1.1}
        chat_template: chatml
        allow_mismatch: truncate
        tokenizer:
          source: union
          pad_to_multiple_of: 64
          tokens:
            <|im_start|>: {source: b}
            <|im_end|>: {source: {kind: model_token, model: c, token: </s>}, force: true}
            <|unused|>: {source: {kind: zero}}
        """),
    Shape(
      name: "ends-by-name",
      spec: """
        models: [{model: a}, {model: b}]
        merge_method: slerp
        base_model: a
        parameters:
          t:
            - {filter: embed_tokens, value: 0}
            - {filter: lm_head, value: 1}
            - {filter: norm, value: 0.5}
            - {filter: "*", value: [0.1, 0.9, 0.1]}
        dtype: float32
        """),
    Shape(
      name: "adapters",
      spec: """
        merge_method: task_arithmetic
        base_model: a
        models:
          - {model: a+org/lora-1, parameters: {weight: 0.7}}
          - {model: a@main+lora-2@v2, parameters: {weight: 0.3}}
          - model: {model: {path: a}, lora: {path: lora+3, revision: v1}}
            parameters: {weight: 1}
        dtype: bfloat16
        """),
    Shape(
      name: "adapter-made-whole",
      spec: """
        merge_method: passthrough
        models: [{model: "a+lora"}]
        dtype: float16
        """),
    Shape(
      name: "adapters-stacked",
      spec: """
        merge_method: passthrough
        slices:
          - sources: [{model: a+poet, layer_range: [0, 3]}]
          - sources: [{model: a+coder, layer_range: [1, 4]}]
        """),
  ]

  @Test(arguments: stagedShapes) func `a shape of several specs is planned as it was`(shape: Shape) throws {
    try Golden.expect(
      SpecTesting.stagedPlan(shape.spec, models: Self.models(of: shape)).text(), at: "shapes/\(shape.name).txt")
  }

  @Test(arguments: shapes) func `a shape of spec is planned as it was`(shape: Shape) throws {
    let models = try Self.models(of: shape)
    let messages = try SpecTesting.messages(shape.spec, models: models)
    #expect(!messages.contains { $0.contains(": error: ") })
    let said = messages.isEmpty ? "" : messages.joined(separator: "\n") + "\n\n"
    try Golden.expect(said + SpecTesting.plan(shape.spec, models: models).text(), at: "shapes/\(shape.name).txt")
  }

  @Test(arguments: shapes) func `a shape of spec may end anywhere`(shape: Shape) throws {
    let models = try Self.models(of: shape)
    let bytes = Array(shape.spec.utf8)
    for end in bytes.indices {
      let text = String(decoding: bytes[..<end], as: UTF8.self)
      let (spec, diagnostics) = MergeSpec.parse(text, file: "f")
      let hasErrors = diagnostics.contains { $0.severity == .error }
      #expect(spec != nil || hasErrors)
      guard let spec, spec.references.allSatisfy({ models[$0.text] != nil }) else { continue }
      let (plan, faults) = Planner.plan(spec, models: models)
      #expect(plan != nil || hasErrors || faults.contains { $0.severity == .error })
    }
  }

  @Test func `parts of a vision-language model, written as mergekit has them`() throws {
    let spec = """
      modules:
        text_decoder:
          slices:
            - sources:
                - {model: a, layer_range: [0, 3]}
                - {model: b, layer_range: [0, 3]}
          parameters: {t: 0.2}
        vision_tower:
          models: [{model: a}, {model: b}]
        multi_modal_projector:
          models: [{model: a}, {model: b}]
      merge_method: slerp
      base_model: a
      parameters: {t: 0.5}
      dtype: bfloat16
      """
    for name in ["llava", "qwen2-vl"] {
      let models = try ModuleTests.models(name)
      #expect(try SpecTesting.messages(spec, models: models) == [])
      try Golden.expect(SpecTesting.plan(spec, models: models).text(), at: "shapes/modules-\(name).txt")
    }
  }
}
