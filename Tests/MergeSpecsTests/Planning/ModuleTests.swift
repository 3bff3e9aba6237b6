import BraidTesting
import Documents
import MergeSpecs
import Tensors
import Testing

/// Models of several parts, with the names of tensors that transformers writes for them.
@Suite struct ModuleTests {
  static let names = ["llava", "gemma3", "mistral3", "qwen2-vl", "qwen3-vl", "t5", "whisper"]

  /// A model of `Goldens/headers.json`; `layers` of a stack may be left out.
  static func header(_ name: String, configuration: String? = nil) throws -> ModelHeader {
    let path = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    let all = try JSONParser.parse(try Files.bytes(path + "/Goldens/headers.json"))
    let model = try #require(all[name])
    let tensors = (model["tensors"]?.object ?? []).map { member in
      TensorDescription(
        name: member.key, dtype: .float32, shape: Shape((member.node.array ?? []).compactMap(\.int)))
    }
    return ModelHeader(
      index: TensorIndex(tensors), configuration: try configuration.map { try JSONParser.parse($0) } ?? model["config"])
  }

  static func models(_ name: String) throws -> [String: ModelHeader] {
    let header = try header(name)
    return ["a": header, "b": header, "c": header]
  }

  @Test(arguments: names) func `a part that does not exist lists those that do`(name: String) throws {
    let spec = "merge_method: passthrough\nmodules:\n  tower: {models: [{model: a}]}\n"
    let messages = try SpecTesting.messages(spec, models: try Self.models(name))
    let expected = [
      "llava": "text_decoder, vision_tower, multi_modal_projector",
      "gemma3": "text_decoder, vision_tower, multi_modal_projector",
      "mistral3": "text_decoder, vision_tower, multi_modal_projector", "qwen2-vl": "text_decoder, visual, merger",
      "qwen3-vl": "text_decoder, visual, multi_modal_projector", "t5": "decoder, encoder, shared",
      "whisper": "decoder, encoder",
    ]
    #expect(messages.count == 1)
    #expect(messages.first?.hasPrefix("spec.yml:3:3: error: the models have no part tower\n") == true)
    #expect(messages.first?.hasSuffix("parts: \(expected[name] ?? "")") == true, "\(messages)")
  }

  @Test(arguments: names) func `models without modules merge every part`(name: String) throws {
    let models = try Self.models(name)
    let plan = try SpecTesting.plan(
      "merge_method: linear\nparameters: {weight: 1}\nmodels: [{model: a}, {model: b}]\n", models: models)
    #expect(Set(plan.steps.map(\.output.name)) == Set(models["a"]?.index.tensors.map(\.name) ?? []))
    #expect(plan.steps.allSatisfy { $0.inputs.count == 2 || plan.copyReason(of: $0.output.name) != nil })
    let layers = Set(plan.steps.compactMap { if case .layer(let layer) = $0.role { layer } else { nil } })
    #expect(layers == [0, 1, 2])
  }

  @Test(arguments: ["llava", "gemma3", "mistral3", "qwen2-vl", "qwen3-vl"])
  func `parts that are not named are copied from the donor`(name: String) throws {
    let spec = """
      merge_method: slerp
      base_model: a
      parameters: {t: 0.5}
      modules:
        text_decoder:
          slices:
            - sources: [{model: a, layer_range: [0, 2]}, {model: b, layer_range: [0, 2]}]
            - sources: [{model: a, layer_range: [1, 3]}, {model: b, layer_range: [1, 3]}]
        vision_tower:
          models: [{model: a}, {model: b}]
          parameters: {t: [0, 1]}
      """
    let models = try Self.models(name)
    #expect(try SpecTesting.messages(spec, models: models) == [])
    let plan = try SpecTesting.plan(spec, models: models)
    #expect(plan.layerCount == 4)
    #expect(plan.layers.count == 1)
    #expect(plan.layers.first?.origins.map(\.layer) == [0, 1, 1, 2])
    let all = try #require(models["a"]).index.tensors.map(\.name)
    let written = Set(plan.steps.map(\.output.name))
    #expect(all.allSatisfy(written.contains))
    for step in plan.steps {
      let isTower = step.output.name.contains("vision_tower") || step.output.name.contains("visual")
      let isProjector = step.output.name.contains("projector") || step.output.name.contains("merger")
      if isProjector, !step.output.name.hasPrefix("vision_tower") {
        #expect(plan.copyReason(of: step.output.name)?.hasPrefix("the spec does not name the part") == true)
      } else {
        #expect(step.inputs.count == 2, "\(step.output.name)")
        // A tower keeps its own parameters: t runs from its first layer to its last.
        if isTower, step.output.name.contains("s.1.") { #expect(plan.parameter("t", of: step.output.name) == 1) }
        if !isTower { #expect(plan.parameter("t", of: step.output.name) == 0.5) }
      }
    }
  }

  @Test func `an encoder may be sliced apart from its decoder`() throws {
    for (name, stack) in [("t5", "encoder.block"), ("whisper", "model.encoder.layers")] {
      let spec = """
        merge_method: passthrough
        modules:
          encoder:
            slices:
              - sources: [{model: a, layer_range: [0, 2]}]
              - sources: [{model: a, layer_range: [1, 2]}]
          decoder:
            models: [{model: a, parameters: {scale: 2}}]
        """
      let models = try Self.models(name)
      let plan = try SpecTesting.plan(spec, models: models)
      #expect(plan.steps.contains { $0.output.name.hasPrefix(stack + ".2.") })
      #expect(plan.layerCount == nil)
      #expect(plan.layers.map(\.module) == ["encoder"])
      #expect(plan.layers.first?.origins.map(\.layer) == [0, 1, 1])
      let decoder = plan.steps.filter { $0.output.name.contains("decoder.") }
      #expect(decoder.allSatisfy { plan.parameter("scale", of: $0.output.name, input: 0) == 2 })
    }
  }

  @Test func `slices without modules are those of the language model`() throws {
    let spec = """
      merge_method: passthrough
      slices:
        - sources: [{model: a, layer_range: [0, 3]}]
        - sources: [{model: a, layer_range: [2, 3]}]
      """
    for name in ["llava", "qwen3-vl"] {
      let plan = try SpecTesting.plan(spec, models: try Self.models(name))
      #expect(plan.layerCount == 4)
      #expect(plan.steps.contains { $0.output.name.contains("language_model") && $0.output.name.contains("layers.3.") })
      #expect(
        plan.steps.contains { $0.output.name.contains("blocks.1.") || $0.output.name.contains("encoder.layers.1.") })
    }
  }

  @Test func `filters and parameters of a module hold within it`() throws {
    let spec = """
      merge_method: linear
      parameters: {weight: 3}
      modules:
        language_model:
          parameters: {weight: [{filter: mlp, value: 2}]}
          models: [{model: a}, {model: b, parameters: {weight: 1}}]
        vision_tower:
          models: [{model: a}, {model: b}]
      """
    let plan = try SpecTesting.plan(spec, models: try Self.models("llava"))
    let mlp = "language_model.model.layers.0.mlp.up_proj.weight"
    #expect(plan.parameter("weight", of: mlp, input: 0) == 2)
    #expect(plan.parameter("weight", of: mlp, input: 1) == 1)
    #expect(plan.parameter("weight", of: "language_model.lm_head.weight", input: 0) == 3)
    #expect(plan.parameter("weight", of: "vision_tower.encoder.layers.0.mlp.fc1.weight", input: 0) == 3)
  }

  @Test func `a part may have a merge method of its own, and its slices too`() throws {
    let spec = """
      merge_method: linear
      base_model: a
      parameters: {weight: 0.5, t: 0.25}
      modules:
        text_decoder:
          merge_method: task_arithmetic
          models: [{model: b, parameters: {weight: 2}}]
        vision_tower:
          merge_method: slerp
          slices:
            - sources: [{model: a, layer_range: [0, 1]}, {model: b, layer_range: [0, 1]}]
            - merge_method: passthrough
              sources: [{model: b, layer_range: [1, 2]}]
        multi_modal_projector:
          models: [{model: a}, {model: c}]
      """
    let models = try Self.models("llava")
    func check(_ plan: MergePlan) {
      func method(_ prefix: String) -> String? {
        guard case .merge(let name, _, _) = plan.steps.first(where: { $0.output.name.hasPrefix(prefix) })?.operation
        else { return nil }
        return name
      }
      #expect(method("language_model.model.layers.0.") == "task_arithmetic")
      #expect(method("vision_tower.encoder.layers.0.") == "slerp")
      #expect(method("vision_tower.encoder.layers.1.") == nil)
      #expect(method("multi_modal_projector.") == "linear")
    }
    #expect(try SpecTesting.messages(spec, models: models) == [])
    check(try SpecTesting.plan(spec, models: models))
    // Where every part has a method, the spec needs none.
    let apart = spec.replacing("merge_method: linear\n", with: "").replacing(
      "  multi_modal_projector:\n", with: "  multi_modal_projector:\n    merge_method: linear\n")
    #expect(try SpecTesting.messages(apart, models: models) == [])
    check(try SpecTesting.plan(apart, models: models))
  }

  @Test func `a part without a method is named where the spec has none`() throws {
    let spec = """
      parameters: {weight: 1}
      modules:
        text_decoder:
          merge_method: linear
          models: [{model: a}, {model: b}]
        vision_tower:
          models: [{model: a}, {model: b}]
      """
    #expect(
      try SpecTesting.messages(spec, models: try Self.models("llava")) == [
        """
        spec.yml:6:3: error: the part vision_tower names no merge_method, and neither does the spec
          add one to the spec: it holds for all that have none
        """
      ])
    let wrong = spec.replacing("merge_method: linear", with: "merge_method: liner")
    #expect(
      try SpecTesting.messages(wrong, models: try Self.models("llava")).first?
        .hasPrefix("spec.yml:4:19: error: there is no merge method \"liner\"") == true)
  }

  @Test func `a model of one part has the part default`() throws {
    let spec = """
      merge_method: passthrough
      modules:
        default: {models: [{model: a}]}
      """
    #expect(try SpecTesting.plan(spec).steps.count == SpecTesting.tiny().index.tensors.count)
  }
}
