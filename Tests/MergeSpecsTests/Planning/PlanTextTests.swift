import BraidTesting
import Documents
import MergeSpecs
import Tensors
import Testing

@Suite struct PlanTextTests {
  static let goldens = [
    "linear-weights", "linear-bf16", "slerp-gradient-filters", "task-arithmetic", "ties-density-half", "breadcrumbs",
    "passthrough-frankenmerge",
  ]

  @Test(arguments: goldens)
  func `the plans of the reference merges read as they did`(name: String) throws {
    let text = try Files.text(Fixture.path("families/a/golden/\(name)/spec.yaml"))
    let plan = try SpecTesting.plan(text, models: try SpecTesting.family())
    try Golden.expect(plan.text(), at: name + ".txt")
  }

  static let examples = [
    "anchors", "layer-blend", "linear", "negation", "slerp-gradient", "slerp", "soup", "stack", "stages",
    "task-arithmetic", "ties-filters", "ties",
  ]

  @Test(arguments: examples)
  func `the plans of the examples read as they did`(name: String) throws {
    let text = try Files.text(Fixture.merge(name + ".yml"))
    let plan = try SpecTesting.stagedPlan(text, models: try SpecTesting.family())
    try Golden.expect(plan.text(), at: "merges/" + name + ".txt")
  }

  @Test func `every example is among the tested`() throws {
    let found = try Files.list(Fixture.packageRoot + "/merges").filter { $0.hasSuffix(".yml") }
    #expect(found == Self.examples.map { $0 + ".yml" })
  }

  @Test func `a plan with every kind of step reads as it did, for people and for programs`() throws {
    var tensors: [TensorDescription] = []
    for layer in 0..<12 {
      for expert in 0..<3 {
        tensors.append(
          TensorDescription(
            name: "model.layers.\(layer).mlp.experts.\(expert).w1.weight", dtype: .bfloat16, shape: [4, 8]))
      }
    }
    let tower = (0..<2).map {
      TensorDescription(name: "vision.blocks.\($0).w", dtype: .float32, shape: Shape([Int]()))
    }
    let counter = TensorDescription(name: "steps", dtype: .int64, shape: [1])
    let plan = try SpecTesting.plan(
      """
      merge_method: slerp
      base_model: a
      models: [{model: a}, {model: b}]
      parameters:
        t: [{filter: experts.2, value: 0.5}, {filter: experts, value: [0, 1]}, {value: 0.25}]
      """,
      models: [
        "a": try SpecTesting.tiny(layers: 12, extra: tensors + [counter]),
        "b": try SpecTesting.tiny(layers: 12, head: false, tied: true, extra: tensors + tower),
      ])
    try Golden.expect(plan.text(), at: "everything.txt")
    let json = try JSONParser.parse(plan.json())
    #expect(json["tensors"]?.array?.count == plan.steps.count)
    #expect(json["bytes_written"]?.int == plan.outputByteCount)
  }

  @Test func `a plan for programs reads as it did`() throws {
    let plan = try SpecTesting.plan(
      """
      merge_method: ties
      base_model: a
      dtype: float32
      slices:
        - sources:
            - {model: a, layer_range: [0, 1]}
            - {model: b, layer_range: [1, 2], parameters: {weight: 0.1, density: [0.25, 0.75]}}
      """,
      models: [
        "a": try SpecTesting.tiny(head: false, tied: true, configuration: "{\"tie_word_embeddings\": true}"),
        "b": try SpecTesting.tiny(),
      ])
    try Golden.expect(plan.json(), at: "program.json")
  }
}
