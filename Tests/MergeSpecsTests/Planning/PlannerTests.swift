import BraidTesting
import Documents
import MergeMethods
import MergeSpecs
import Tensors
import Testing

@Suite struct PlannerTests {
  private let linear = "merge_method: linear\nparameters: {weight: 1}\nmodels: [{model: a}, {model: b}]\n"
  private let up = "model.layers.0.mlp.up_proj.weight"

  private func tensor(_ name: String, _ dtype: DType = .bfloat16, _ shape: Shape) -> TensorDescription {
    TensorDescription(name: name, dtype: dtype, shape: shape)
  }

  // MARK: Roles and order

  @Test func `the output goes from the embedding up to the head, layers by number`() throws {
    let model = try SpecTesting.tiny(layers: 11)
    let plan = try SpecTesting.plan(linear, models: ["a": model, "b": model])
    #expect(plan.steps.first?.role == .embedding)
    #expect(plan.steps.dropLast().last?.role == .finalNorm)
    #expect(plan.steps.last?.role == .head)
    let layers = plan.steps.compactMap { if case .layer(let layer) = $0.role { layer } else { nil } }
    #expect(layers == (0..<11).flatMap { [$0, $0, $0] })
    #expect(plan.layerCount == nil)
    #expect(plan.steps.count == model.index.tensors.count)
  }

  @Test(arguments: [
    ("transformer.wte.weight", [50, 8], TensorRole.embedding), ("transformer.wpe.weight", [32, 8], .other),
    ("transformer.ln_f.bias", [8], .finalNorm), ("lm_head.weight", [50, 8], .head),
    ("embed_out.weight", [50, 8], .head),
    ("output.weight", [50, 8], .head), ("model.tok_embeddings.weight", [50, 8], .embedding),
    ("embeddings.LayerNorm.weight", [8], .other), ("model.norm.weight", [8], .finalNorm),
    ("lm_head.bias", [50], .head), ("pooler.dense.weight", [8, 8], .other),
    ("backbone.embeddings.weight", [50, 8], .embedding),
    ("shared.weight", [50, 8], .embedding), ("vision.proj", [8, 8], .other),
    ("gpt_neox.final_layer_norm.bias", [8], .finalNorm),
  ])
  func `roles come from names and shapes`(name: String, shape: [Int], role: TensorRole) throws {
    for configuration in ["{\"vocab_size\": 50}", "{}", "{\"text_config\": {\"vocab_size\": 48}}"] {
      let model = ModelHeader(
        index: TensorIndex([
          tensor("h.0.mlp.weight", .float32, [8, 8]), tensor("word_embeddings.weight", .float32, [50, 8]),
          tensor(name, .float32, Shape(shape)),
        ]), configuration: try JSONParser.parse(configuration))
      let plan = try SpecTesting.plan(linear, models: ["a": model, "b": model])
      #expect(plan.step(name)?.role == role)
    }
  }

  @Test func `layers are found in any architecture, towers beside them keep their own depth`() throws {
    var tensors = (0..<4).map { tensor("language.h.\($0).mlp.experts.7.w1.weight", .float32, [16, 16]) }
    tensors += (0..<3).map { tensor("vision.blocks.\($0).w", .float32, [4]) }
    tensors.append(tensor("odd.99999999999999999999.w", .float32, [4]))
    tensors.append(tensor("odd.1000000.w", .float32, [4]))
    let model = ModelHeader(index: TensorIndex(tensors), configuration: nil)
    let plan = try SpecTesting.plan(
      "merge_method: slerp\nbase_model: a\nmodels: [{model: a}, {model: b}]\nparameters: {t: [0, 1]}\n",
      models: ["a": model, "b": model])
    #expect(plan.step("language.h.3.mlp.experts.7.w1.weight")?.role == .layer(3))
    #expect(plan.step("vision.blocks.1.w")?.role == .other)
    #expect(plan.parameter("t", of: "vision.blocks.1.w") == 0.5)
    #expect(plan.parameter("t", of: "odd.1000000.w") == 0)
    #expect(plan.steps.count == tensors.count)
  }

  // MARK: Tensors that are not merged

  @Test func `integers and tables are copied from the base and say why`() throws {
    let extra = [
      tensor("model.layers.0.self_attn.rotary_emb.inv_freq", .float32, [2]), tensor("counter", .int64, [1]),
    ]
    let other = [tensor("counter", .int64, [2])]
    let plan = try SpecTesting.plan(
      "merge_method: task_arithmetic\nbase_model: a\ndtype: float16\nparameters: {weight: 1}\nmodels: [{model: b}]\n",
      models: ["a": try SpecTesting.tiny(extra: extra), "b": try SpecTesting.tiny(extra: other)])
    #expect(plan.copyReason(of: "counter") == "int64 is not merged")
    #expect(plan.step("counter")?.inputs.map(\.model) == [0])
    #expect(plan.step("counter")?.base == 0)
    let table = "model.layers.0.self_attn.rotary_emb.inv_freq"
    #expect(plan.copyReason(of: table) == "a table that programs compute anew")
    #expect(plan.step(table)?.output.dtype == .float32)
    #expect(plan.step(up)?.output.dtype == .float16)
  }

  @Test func `what one model alone has beside the layers is copied from it`() throws {
    let extra = [tensor("score.weight", .float32, [2, 4])]
    let plan = try SpecTesting.plan(
      linear, models: ["a": try SpecTesting.tiny(), "b": try SpecTesting.tiny(extra: extra)])
    #expect(plan.copyReason(of: "score.weight") == "only b has it")
    #expect(plan.step("score.weight")?.inputs.map(\.model) == [1])
    #expect(plan.step("score.weight")?.output.dtype == .float32)
  }

  @Test func `an embedding stands in for the head that its model shares with it`() throws {
    let plan = try SpecTesting.plan(
      linear, models: ["a": try SpecTesting.tiny(head: false, tied: true), "b": try SpecTesting.tiny()])
    #expect(plan.step("lm_head.weight")?.inputs.map(\.tensor.name) == ["model.embed_tokens.weight", "lm_head.weight"])
    #expect(plan.tiesEmbeddings == false)
    let tied = try SpecTesting.tiny(head: false, tied: true)
    let both = try SpecTesting.plan(linear, models: ["a": tied, "b": tied])
    #expect(both.step("lm_head.weight") == nil)
    #expect(both.tiesEmbeddings == nil)
  }

  @Test func `passthrough copies unless it is told to scale`() throws {
    let plan = try SpecTesting.plan(
      """
      merge_method: passthrough
      models:
        - model: a
          parameters: {scale: [{filter: mlp, value: 2}, {filter: q_proj, value: 1}]}
      """)
    #expect(plan.copyReason(of: "model.norm.weight")?.isEmpty == true)
    #expect(plan.copyReason(of: "model.layers.0.self_attn.q_proj.weight")?.isEmpty == true)
    #expect(plan.parameter("scale", of: up, input: 0) == 2)
  }

  // MARK: Dtypes and configuration

  @Test func `the dtype is what the spec says, or the base's, or holds all inputs`() throws {
    func dtype(_ spec: String, _ a: DType, _ b: DType) throws -> DType? {
      try SpecTesting.plan(
        spec, models: ["a": try SpecTesting.tiny(dtype: a), "b": try SpecTesting.tiny(dtype: b)]
      ).step(up)?.output.dtype
    }
    #expect(try dtype(linear, .bfloat16, .bfloat16) == .bfloat16)
    #expect(try dtype(linear, .bfloat16, .float16) == .float32)
    #expect(try dtype(linear, .float32, .bfloat16) == .float32)
    #expect(try dtype(linear, .float8E4M3, .bfloat16) == .bfloat16)
    #expect(try dtype(linear + "dtype: torch.float16\n", .float32, .bfloat16) == .float16)
    #expect(try dtype(linear + "dtype: float32\nout_dtype: bfloat16\n", .float32, .float32) == .bfloat16)
    let ties = "merge_method: ties\nbase_model: a\nparameters: {weight: 1}\nmodels: [{model: b}]\n"
    #expect(try dtype(ties, .bfloat16, .float32) == .bfloat16)
  }

  @Test func `the configuration's dtype is stated where it changes`() throws {
    let models = ["a": try SpecTesting.tiny(), "b": try SpecTesting.tiny()]
    #expect(try SpecTesting.plan(linear, models: models).configurationDType == nil)
    #expect(try SpecTesting.plan(linear + "dtype: float32\n", models: models).configurationDType == .float32)
    let old = try SpecTesting.tiny(configuration: "{\"torch_dtype\": \"float32\"}")
    #expect(try SpecTesting.plan(linear, models: ["a": old, "b": old]).configurationDType == .bfloat16)
  }

  @Test func `the donor is the base, or else the first model merged`() throws {
    let plan = try SpecTesting.plan(linear)
    #expect(plan.models.map(\.reference) == ["a", "b"])
    #expect(plan.donor == 0)
    let based = try SpecTesting.plan(linear + "base_model: c\n")
    #expect(based.models.map(\.reference) == ["a", "b", "c"])
    #expect(based.donor == 2)
    #expect(based.step(up)?.inputs.map(\.model) == [0, 1, 2])
    #expect(based.step(up)?.base == nil)
  }

  // MARK: Slices

  @Test func `slices are numbered through and the layer count stated`() throws {
    let plan = try SpecTesting.plan(
      """
      merge_method: passthrough
      slices:
        - sources: [{model: a, layer_range: [0, 2]}]
        - sources: [{model: b, layer_range: [1, 2]}]
        - sources: [{model: a, layer_range: [1, 2]}]
      """)
    let origins = (0..<4).compactMap { plan.step("model.layers.\($0).mlp.up_proj.weight")?.inputs.first }
    #expect(origins.map(\.model) == [0, 0, 1, 0])
    #expect(origins.map(\.tensor.name) == [0, 1, 1, 1].map { "model.layers.\($0).mlp.up_proj.weight" })
    #expect(plan.layerCount == 4)
    #expect(plan.step("model.layers.4.mlp.up_proj.weight") == nil)
  }

  @Test func `a slice may have a base of its own`() throws {
    let plan = try SpecTesting.plan(
      """
      merge_method: slerp
      base_model: a
      parameters: {t: 0.5}
      slices:
        - sources: [{model: a, layer_range: [0, 1]}, {model: b, layer_range: [0, 1]}]
        - base_model: b
          sources: [{model: a, layer_range: [1, 2]}, {model: b, layer_range: [1, 2]}]
      """)
    #expect(plan.step(up)?.base == 0)
    #expect(plan.step("model.layers.1.mlp.up_proj.weight")?.base == 1)
    #expect(plan.step("model.norm.weight")?.base == 1)
  }

  // MARK: Models that do not go together

  @Test func `faults between models are reported once for each model`() throws {
    let models = try SpecTesting.tinyModels([
      "b": try SpecTesting.tiny(without: [up, "model.layers.1.mlp.up_proj.weight"]),
      "c": try SpecTesting.tiny(vocabulary: 18), "d": try SpecTesting.tiny(layers: 3),
    ])
    func spec(_ other: String) -> String {
      "merge_method: linear\nparameters: {weight: 1}\nmodels:\n  - model: a\n  - model: \(other)\n"
    }
    #expect(
      try SpecTesting.messages(spec("b"), models: models) == [
        """
        spec.yml:5:12: error: b has no tensor model.layers.0.mlp.up_proj.weight, which a has; 1 more are missing
          models of one architecture have the same tensors; `allow_mismatch: skip` leaves the model out of these, `copy-base` copies them from the base
        """
      ])
    #expect(
      try SpecTesting.messages(spec("c"), models: models) == [
        """
        spec.yml:5:12: error: model.embed_tokens.weight of c has the shape [18, 4], that of a has [16, 4]; 1 more differ
          add `tokenizer_source: union` to the spec, which gives all models one vocabulary; or `allow_mismatch: truncate` to merge the rows that all have, `skip` to leave the model out, `copy-base` to copy the base's
        """
      ])
    #expect(
      try SpecTesting.messages(spec("d"), models: models) == [
        """
        spec.yml:5:12: error: d has 3 layers, a has 2
          use slices: with layer ranges to choose layers that go together, or `allow_mismatch: skip` or `copy-base`
        """
      ])
  }

  @Test func `other misfits have words of their own`() throws {
    let foreign = ModelHeader(index: TensorIndex([tensor("h.0.w", .float32, [4])]), configuration: nil)
    #expect(
      try SpecTesting.messages(linear, models: ["a": try SpecTesting.tiny(), "b": foreign]) == [
        """
        spec.yml:3:30: error: b has no layers named model.layers.0 and on, as a has
          models of different architectures are merged only with `allow_mismatch: skip` or `copy-base`
        """
      ])
    let quantised = try SpecTesting.tiny(configuration: "{\"quantization_config\": {\"bits\": 4}}")
    #expect(
      try SpecTesting.messages(linear, models: ["a": try SpecTesting.tiny(), "b": quantised]) == [
        """
        spec.yml:3:30: error: the weights of b are quantised and cannot be merged
          its config.json has a quantization_config; use the model it was made from
        """
      ])
    let stack = """
      merge_method: passthrough
      slices:
        - sources: [{model: a, layer_range: [0, 1]}]
        - sources: [{model: b, layer_range: [0, 1]}]
      """
    #expect(
      try SpecTesting.messages(stack, models: ["a": try SpecTesting.tiny(), "b": try SpecTesting.tiny(width: 8)]) == [
        """
        spec.yml:4:23: error: the layers of b do not fit above those of a: input_layernorm.weight has the shape [8], there [4]
          layers can be stacked only if their shapes agree
        """
      ])
    let extra = [tensor("score.weight", .float32, [2, 4])]
    let between = """
      merge_method: passthrough
      slices:
        - sources: [{model: a, layer_range: [0, 1]}]
        - sources: [{model: b, layer_range: [0, 1]}]
        - sources: [{model: a, layer_range: [1, 2]}]
      """
    #expect(
      try SpecTesting.messages(between, models: ["a": try SpecTesting.tiny(), "b": try SpecTesting.tiny(extra: extra)])
        == [
          """
          spec.yml:4:23: warning: score.weight of b will not be in the output
            what lies before the layers comes from the first slice, what lies after them from the last
          """
        ])
  }

  @Test func `a base under two names is pointed out`() throws {
    var (first, second) = (try SpecTesting.tiny(), try SpecTesting.tiny())
    first.location = "models/base"
    second.location = "models/base"
    #expect(
      try SpecTesting.messages(
        "merge_method: task_arithmetic\nbase_model: a\nparameters: {weight: 1}\nmodels: [{model: b}]\n",
        models: ["a": first, "b": second]) == [
          """
          spec.yml:4:18: warning: b is the base model a under another name
            write both alike, or it counts as a model of its own
          """
        ])
  }

  @Test func `a head that is neither there nor shared is missing`() throws {
    let messages = try SpecTesting.messages(
      linear, models: ["a": try SpecTesting.tiny(), "b": try SpecTesting.tiny(head: false, tied: false)])
    #expect(messages.count == 1)
    #expect(messages.first?.contains("b has no tensor lm_head.weight, which a has") == true)
  }

  @Test func `without all models there is no plan and nothing to say`() throws {
    let spec = try #require(MergeSpec.parse(linear, file: "spec.yml").spec)
    let (plan, diagnostics) = Planner.plan(spec, models: ["a": try SpecTesting.tiny()])
    #expect(plan == nil)
    #expect(diagnostics.isEmpty)
  }

  // MARK: The family

  @Test(arguments: [
    "linear-weights", "linear-bf16", "slerp-gradient-filters", "task-arithmetic", "ties-density-half", "breadcrumbs",
    "passthrough-frankenmerge", "model-stock-filter-wise", "nuslerp-base-rows",
  ])
  func `reference merges have the tensors that the reference has`(name: String) throws {
    let text = try Files.text(Fixture.path("families/a/golden/\(name)/spec.yaml"))
    #expect(try SpecTesting.messages(text, models: try SpecTesting.family()) == [])
    let plan = try SpecTesting.plan(text, models: try SpecTesting.family())
    let index = try JSONParser.parse(try Files.bytes(Fixture.path("families/a/golden/index.json")))
    let expected = try #require(index[name]?["tensors"]?.object)
    #expect(Set(plan.steps.map(\.output.name)) == Set(expected.map(\.key)))
    for member in expected {
      let step = try #require(plan.step(member.key))
      #expect(step.output.shape.dimensions == member.node["shape"]?.array?.compactMap(\.int))
      #expect(step.output.dtype.rawValue == member.node["dtype"]?.string)
    }
    #expect((plan.layerCount ?? 4) == index[name]?["layers"]?.int)
  }

  @Test func `the reference gradient has the reference values`() throws {
    let text = try Files.text(Fixture.path("families/a/golden/slerp-gradient-filters/spec.yaml"))
    let plan = try SpecTesting.plan(text, models: try SpecTesting.family())
    let attention = (0..<4).map { plan.parameter("t", of: "model.layers.\($0).self_attn.q_proj.weight") ?? .nan }
    let mlp = (0..<4).map { plan.parameter("t", of: "model.layers.\($0).mlp.up_proj.weight") ?? .nan }
    for (value, expected) in zip(attention + mlp, [0, 13.0 / 30, 17.0 / 30, 1, 1, 17.0 / 30, 13.0 / 30, 0]) {
      #expect(abs(value - expected) < 1e-15)
    }
    #expect(plan.parameter("t", of: "model.embed_tokens.weight") == 0.5)
    #expect(plan.parameter("t", of: "lm_head.weight") == 0.5)
  }
}
