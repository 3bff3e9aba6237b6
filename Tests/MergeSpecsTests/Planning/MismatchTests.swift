import BraidTesting
import MergeSpecs
import Tensors
import Testing

/// What `allow_mismatch` allows, tensor by tensor.
@Suite struct MismatchTests {
  private let up = "model.layers.0.mlp.up_proj.weight"
  private let embedding = "model.embed_tokens.weight"

  private func spec(
    _ rule: String, _ method: String = "linear", models: String = "[{model: a}, {model: b}, {model: c}]"
  ) -> String {
    """
    merge_method: \(method)
    parameters: {weight: 1}
    models: \(models)
    allow_mismatch: \(rule)
    """
  }

  private func models() throws -> [String: ModelHeader] {
    try SpecTesting.tinyModels([
      "b": try SpecTesting.tiny(vocabulary: 18),
      "c": try SpecTesting.tiny(vocabulary: 15, without: [up, "model.layers.1.mlp.up_proj.weight"]),
      "d": try SpecTesting.tiny(layers: 3),
    ])
  }

  @Test func `skip leaves a model out of the tensors that do not fit`() throws {
    let plan = try SpecTesting.plan(spec("skip"), models: try models())
    #expect(plan.step(up)?.inputs.map(\.model) == [0, 1])
    #expect(plan.step(up)?.remark == "without c")
    #expect(plan.step("model.norm.weight")?.inputs.map(\.model) == [0, 1, 2])
    #expect(plan.copyReason(of: embedding) == "b and c left out")
    #expect(plan.step(embedding)?.inputs.map(\.model) == [0])
    #expect(plan.vocabularySize == nil)
    #expect(
      try SpecTesting.messages(spec("skip"), models: try models()) == [
        "spec.yml:3:30: note: b is left out of model.embed_tokens.weight: its shape is [18, 4]; 1 more go without it",
        "spec.yml:3:42: note: c is left out of model.layers.0.mlp.up_proj.weight: it has none; 3 more go without it",
      ])
  }

  @Test func `parameters stay with their models when others are left out`() throws {
    let text = """
      merge_method: linear
      models:
        - {model: c, parameters: {weight: 3}}
        - {model: a, parameters: {weight: 1}}
        - {model: b, parameters: {weight: 2}}
      allow_mismatch: skip
      """
    let plan = try SpecTesting.plan(text, models: try models())
    let step = try #require(plan.step(up))
    #expect(step.inputs.map(\.model) == [1, 2])
    #expect((0..<2).map { plan.parameter("weight", of: up, input: $0) } == [1, 2])
  }

  @Test func `copy-base copies what does not fit from the base, or from the first`() throws {
    let plan = try SpecTesting.plan(spec("copy-base"), models: try models())
    #expect(plan.copyReason(of: up) == "c lacks it")
    #expect(plan.copyReason(of: embedding) == "b and c have another shape")
    let based = try SpecTesting.plan(
      spec("copy-base", "task_arithmetic", models: "[{model: a}, {model: b}]\nbase_model: b"), models: try models())
    #expect(based.step(embedding)?.inputs.map(\.model) == [1])
    #expect(based.step(embedding)?.output.shape == [18, 4])
    let lacking = spec("copy-base", models: "[{model: c}, {model: a}]")
    #expect(try SpecTesting.plan(lacking, models: try models()).step(up) == nil)
    #expect(
      try SpecTesting.messages(lacking, models: try models()).contains {
        $0.contains("is not in the output: c lacks it")
      })
  }

  @Test func `truncate cuts embeddings and heads to what all have`() throws {
    let plan = try SpecTesting.plan(spec("truncate", models: "[{model: a}, {model: b}]"), models: try models())
    let step = try #require(plan.step(embedding))
    #expect(step.output.shape == [16, 4])
    #expect(step.inputs.map(\.block) == [nil, [16, 4]])
    #expect(step.remark == "cut to [16, 4]")
    #expect(plan.step("lm_head.weight")?.inputs.map(\.block) == [nil, [16, 4]])
    #expect(plan.vocabularySize == nil)
    let other = try SpecTesting.plan(spec("truncate", models: "[{model: b}, {model: a}]"), models: try models())
    #expect(other.vocabularySize == 16)
    #expect(other.json().contains("\"block\": [16, 4]"))
  }

  @Test func `methods that add to a base keep all of its rows`() throws {
    let based = "[{model: a}, {model: b}]\nbase_model: "
    let plan = try SpecTesting.plan(spec("truncate", "ties", models: based + "a"), models: try models())
    #expect(plan.step(embedding)?.output.shape == [16, 4])
    // b has more rows than a: to the last two, a adds nothing.
    let filled = try SpecTesting.plan(spec("truncate", "ties", models: based + "b"), models: try models())
    let step = try #require(filled.step(embedding))
    #expect(step.output.shape == [18, 4])
    #expect(step.inputs.map(\.block) == [nil, nil])
    #expect(step.inputs.map { $0.fill?.model } == [1, nil])
    #expect(step.remark == "nothing is added to rows that a model lacks")
    #expect(filled.json().contains("\"fill\": 1"))
    #expect(
      try SpecTesting.messages(spec("truncate", "ties", models: based + "b"), models: try models()) == [
        "spec.yml:3:18: note: model.embed_tokens.weight of a has 16 rows of 18: to the others it adds nothing; "
          + "1 more have too few"
      ])
  }

  @Test func `columns must agree where rows are filled up`() throws {
    let narrow = try SpecTesting.tinyModels([
      "b": try SpecTesting.tiny(
        extra: [TensorDescription(name: embedding, dtype: .bfloat16, shape: [15, 3])], without: [embedding])
    ])
    let messages = try SpecTesting.messages(
      spec("truncate", "ties", models: "[{model: a}, {model: b}]\nbase_model: a"), models: narrow)
    #expect(
      messages.contains {
        $0.contains("model.embed_tokens.weight of b has the shape [15, 3]") && $0.contains("`truncate` is for the rows")
      })
  }

  @Test func `what truncate does not allow is still refused`() throws {
    let messages = try SpecTesting.messages(spec("truncate"), models: try models())
    #expect(messages.contains { $0.contains("error: c has no tensor model.layers.0.mlp.up_proj.weight, which a has") })
    let wide = ["a": try SpecTesting.tiny(), "b": try SpecTesting.tiny(width: 8)]
    let refused = try SpecTesting.messages(spec("truncate", models: "[{model: a}, {model: b}]"), models: wide)
    #expect(refused.contains { $0.contains("input_layernorm.weight of b has the shape [8], that of a has [4]") })
  }

  @Test func `models with more or fewer layers take part as far as they go`() throws {
    let deep = spec("skip", models: "[{model: d}, {model: a}]")
    let plan = try SpecTesting.plan(deep, models: try models())
    #expect(plan.step("model.layers.1.mlp.up_proj.weight")?.inputs.count == 2)
    #expect(plan.copyReason(of: "model.layers.2.mlp.up_proj.weight") == "a left out")
    let shallow = try SpecTesting.plan(spec("skip", models: "[{model: a}, {model: d}]"), models: try models())
    #expect(shallow.step("model.layers.2.mlp.up_proj.weight") == nil)
    #expect(
      try SpecTesting.messages(spec("skip", models: "[{model: a}, {model: d}]"), models: try models()) == [
        "spec.yml:3:30: note: d has 3 layers, the output as many as a: 2"
      ])
  }

  @Test func `too few models for the method leave a copy`() throws {
    let plan = try SpecTesting.plan(
      "merge_method: slerp\nbase_model: a\nparameters: {t: 0.5}\nmodels: [{model: a}, {model: c}]\nallow_mismatch: skip\n",
      models: try models())
    #expect(plan.copyReason(of: up) == "c left out")
    let absent = try SpecTesting.plan(
      "merge_method: ties\nbase_model: c\nparameters: {weight: 1}\nmodels: [{model: a}, {model: b}]\nallow_mismatch: skip\n",
      models: try models())
    // Without the base there is nothing to add to.
    #expect(absent.copyReason(of: up) == "c left out")
    #expect(absent.step(up)?.inputs.map(\.model) == [1])
  }
}
