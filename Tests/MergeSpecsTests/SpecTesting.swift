import BraidTesting
import Documents
import MergeMethods
import MergeSpecs
import Tensors

/// Models and specs for the tests of this room.
enum SpecTesting {
  /// The header of a fixture model, read by other means than the ones under test.
  static func header(_ folder: String) throws -> ModelHeader {
    let bytes = try Files.bytes(folder + "/model.safetensors")
    let length = bytes.prefix(8).enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) }
    let header = try JSONParser.parse(Array(bytes[8..<8 + length]))
    let dtypes: [String: DType] = ["BF16": .bfloat16, "F32": .float32, "F16": .float16, "I64": .int64]
    let tensors = (header.object ?? []).compactMap { member -> TensorDescription? in
      guard let dtype = member.node["dtype"]?.string.flatMap({ dtypes[$0] }) else { return nil }
      let shape = Shape((member.node["shape"]?.array ?? []).compactMap(\.int))
      return TensorDescription(name: member.key, dtype: dtype, shape: shape)
    }
    return ModelHeader(
      index: TensorIndex(tensors), configuration: try JSONParser.parse(try Files.bytes(folder + "/config.json")),
      location: "models/" + (folder.split(separator: "/").last.map(String.init) ?? ""))
  }

  /// The headers of the family's models, by the references that its specs and the examples use.
  static func family() throws -> [String: ModelHeader] {
    var headers: [String: ModelHeader] = [:]
    for name in ["base", "expert-sums", "expert-sort", "expert-facts", "expert-plural"] {
      let header = try header(Fixture.path("families/a/" + name))
      headers["./" + name] = header
      headers["../Fixtures/families/a/" + name] = header
    }
    return headers
  }

  /// A small Llama: two layers unless told otherwise, vocabulary 16, width 4.
  static func tiny(
    layers: Int = 2, dtype: DType = .bfloat16, vocabulary: Int = 16, width: Int = 4, head: Bool = true,
    tied: Bool? = false, extra: [TensorDescription] = [], without: Set<String> = [], configuration: String? = nil
  ) throws -> ModelHeader {
    var tensors = [TensorDescription(name: "model.embed_tokens.weight", dtype: dtype, shape: [vocabulary, width])]
    for layer in 0..<layers {
      for (name, shape) in [
        ("input_layernorm.weight", Shape([width])), ("mlp.up_proj.weight", Shape([8, width])),
        ("self_attn.q_proj.weight", Shape([width, width])),
      ] {
        tensors.append(TensorDescription(name: "model.layers.\(layer).\(name)", dtype: dtype, shape: shape))
      }
    }
    tensors.append(TensorDescription(name: "model.norm.weight", dtype: dtype, shape: [width]))
    if head { tensors.append(TensorDescription(name: "lm_head.weight", dtype: dtype, shape: [vocabulary, width])) }
    tensors = tensors.filter { !without.contains($0.name) } + extra
    let tie = tied.map { ", \"tie_word_embeddings\": \($0)" } ?? ""
    let text =
      configuration
      ?? "{\"num_hidden_layers\": \(layers), \"vocab_size\": \(vocabulary), \"dtype\": \"bfloat16\"\(tie)}"
    return ModelHeader(index: TensorIndex(tensors), configuration: try JSONParser.parse(text))
  }

  /// Models a, b, c, d of the tiny kind.
  static func tinyModels(_ others: [String: ModelHeader] = [:]) throws -> [String: ModelHeader] {
    var models: [String: ModelHeader] = [:]
    for name in ["a", "b", "c", "d"] { models[name] = try others[name] ?? tiny() }
    return models
  }

  /// What parsing and planning a spec say, rendered without the lines of the text.
  static func messages(_ text: String, models: [String: ModelHeader]? = nil, lenient: Bool = false) throws -> [String] {
    var (spec, diagnostics) = MergeSpec.parse(text, file: "spec.yml", lenient: lenient)
    if let spec { diagnostics += Planner.plan(spec, models: try models ?? tinyModels()).diagnostics }
    return diagnostics.map { $0.rendered(text: nil) }
  }

  /// The plan of a spec that has no errors.
  static func plan(_ text: String, models: [String: ModelHeader]? = nil) throws -> MergePlan {
    let (spec, diagnostics) = MergeSpec.parse(text, file: "spec.yml")
    guard let spec else { throw Failure(diagnostics: diagnostics) }
    let (plan, more) = Planner.plan(spec, models: try models ?? tinyModels())
    guard let plan else { throw Failure(diagnostics: diagnostics + more) }
    return plan
  }

  /// The plans of all specs of a text that has no errors.
  static func stagedPlan(_ text: String, models: [String: ModelHeader]? = nil) throws -> StagedPlan {
    var models = try models ?? tinyModels()
    var (spec, diagnostics) = StagedSpec.parse(text, file: "spec.yml")
    var stages: [StagedPlan.Stage] = []
    for stage in spec?.stages ?? [] {
      let (plan, more) = Planner.plan(stage, models: models)
      diagnostics += more
      guard let plan else { break }
      stages.append(StagedPlan.Stage(name: stage.name?.text, plan: plan))
      let donor = models[plan.models[plan.donor].reference]
      guard let name = stage.name?.text else { continue }
      models[name] = ModelHeader(index: plan.outputIndex, configuration: donor?.configuration, isStage: true)
    }
    guard let spec, stages.count == spec.stages.count, diagnostics.isEmpty else {
      throw Failure(diagnostics: diagnostics)
    }
    return StagedPlan(stages)
  }

  struct Failure: Error, CustomStringConvertible {
    var diagnostics: [Diagnostic]
    var description: String { diagnostics.map { $0.rendered(text: nil) }.joined(separator: "\n") }
  }
}

extension MergePlan {
  /// The step that makes a tensor.
  func step(_ name: String) -> PlanStep? { steps.first { $0.output.name == name } }

  /// A parameter of the step that makes a tensor, for all inputs or for one.
  func parameter(_ parameter: String, of tensor: String, input: Int? = nil) -> Double? {
    guard case .merge(_, let values, _) = step(tensor)?.operation else { return nil }
    return input.map { values.perInput[$0][parameter] } ?? values.global[parameter]
  }

  /// Why a tensor is copied; empty if the spec asked for it, nil if the tensor is merged.
  func copyReason(of tensor: String) -> String? {
    guard case .copy(let reason) = step(tensor)?.operation else { return nil }
    return reason ?? ""
  }
}
